"""Access to the control API and the console, for local clients and clients with the token.

A client sends the token in the header `Authorization: Bearer TOKEN`, or once in the console's URL
`/_gateway/?token=TOKEN`. The URL sets a cookie, which pages of other sites cannot use.

Sources: RFC 6750 (Bearer), RFC 6265, section 8 (cookies)
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from aiohttp import web

from ....utils.display import extent
from ....utils.translation import _
from .origins import is_local, is_same_origin

__all__ = ["ACCESS", "COOKIE", "TOKEN_PARAMETER", "ControlAccess"]

COOKIE: Final = "wechatpay_gateway"
TOKEN_PARAMETER: Final = "token"  # noqa: S105 - the name of the parameter
SHORTEST, LONGEST = 16, 200
"""Minimum and maximum number of characters of a token."""


class ControlAccess:
    """The access rule of a gateway.

    Args:
        token: control token; None permits only clients on this machine.

    Raises:
        ValueError: the token is too short, too long, or has characters that headers cannot contain.
    """

    def __init__(self, token: str | None = None) -> None:
        if token is not None and not _is_token(token):
            raise ValueError(
                _(
                    "control_token is {extent}: expected {shortest} to {longest} letters, digits "
                    "or any of -._~+/=",
                    extent=extent(token),
                    shortest=SHORTEST,
                    longest=LONGEST,
                )
            )
        self.token = token
        self._session = "" if token is None else _session(token)

    def allows(self, request: web.Request) -> bool:
        """Return True if a request may control the gateway."""
        if self.token is None:
            return is_local(request)
        fields = request.headers.getall("Authorization", [])
        if len(fields) == 1:
            scheme, _, given = fields[0].partition(" ")
            return scheme.lower() == "bearer" and _same(given.strip(), self.token)
        cookie = request.cookies.get(COOKIE, "")
        return not fields and _same(cookie, self._session) and is_same_origin(request)

    def opens(self, request: web.Request) -> bool:
        """Return True if a request for the console has the token in its URL."""
        given = request.query.getall(TOKEN_PARAMETER, [])
        return self.token is not None and len(given) == 1 and _same(given[0], self.token)

    def remember(self, response: web.StreamResponse, *, secure: bool) -> None:
        """Set the cookie that replaces the token in a browser.

        Args:
            response: response to the browser.
            secure: True for a connection over TLS.
        """
        response.set_cookie(
            COOKIE,
            self._session,
            path="/_gateway/",
            httponly=True,
            samesite="Strict",
            secure=secure,
        )


ACCESS: web.AppKey[ControlAccess] = web.AppKey("control_access", ControlAccess)
"""The access rule of the gateway that an application serves."""


def _is_token(token: object) -> bool:
    return (
        isinstance(token, str)
        and SHORTEST <= len(token) <= LONGEST
        and token.isascii()
        and all(each.isalnum() or each in "-._~+/=" for each in token)
    )


def _session(token: str) -> str:
    return hmac.new(token.encode(), b"wechatpay_chain console", hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
