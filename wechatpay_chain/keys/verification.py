"""Verifies that WeChat Pay signed a response; all verification goes through this module."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Protocol

from ..errors import SignatureError, SignatureReason
from ..messages import canonical
from ..messages.headers import Headers
from ..messages.response import Response
from ..messages.statement import SHA1_FIELD, StatementDigest, is_statement, signed_body
from ..utils.translation import _

__all__ = [
    "OWS",
    "PROBE",
    "SIGNATURE_FIELDS",
    "BodyDigest",
    "check",
    "signature_fields",
    "untrusted",
]

SIGNATURE_FIELDS = (
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Serial",
    "Wechatpay-Signature",
)
PROBE = "WECHATPAY/SIGNTEST/"
"""The prefix of the deliberately wrong signatures that WeChat Pay sends."""
CONTROL = re.compile("[\x00-\x1f\x7f]")
OWS = " \t"
"""Optional white space around a header field's value (RFC 9110, section 5.6.3)."""


class Verifies(Protocol):
    """An object with WeChat Pay's keys."""

    def verify(
        self, headers: Headers, body: bytes, response: Response | None = None, /
    ) -> None: ...

    def verify_digest(self, headers: Headers, digest: bytes, response: Response, /) -> None: ...


def check(platform: Verifies, response: Response) -> None:
    """Verify a response and mark it as verified.

    Raises:
        SignatureError: the response cannot be trusted.
    """
    digest = response.digest
    if is_statement(response):
        _check_statement(platform, response)
    elif isinstance(digest, BodyDigest):
        platform.verify_digest(response.headers, digest.sha256(), response)
    else:
        platform.verify(response.headers, response.content, response)
    response.verified = True


def _check_statement(platform: Verifies, response: Response) -> None:
    platform.verify(response.headers, signed_body(response.headers), response)
    digest = response.digest
    if not isinstance(digest, BodyDigest) or digest.statement is None:
        digest = BodyDigest(response.headers)
        digest.update(response.content)
    named = response.headers[SHA1_FIELD]
    if digest.statement is None or named not in digest.statement:
        raise SignatureError(
            _(
                "the statement's SHA-1 is not {named!r}, the signed value: the file was changed "
                "in transit",
                named=named[:80],
            ),
            response,
        )


class BodyDigest:
    """The hashes of a streamed body: the SHA-256 of the signed text, and a statement's SHA-1.

    Args:
        headers: the response headers, available before the body.
    """

    def __init__(self, headers: Headers) -> None:
        self._sha256 = hashlib.sha256(prefix(headers))
        self.statement = StatementDigest() if SHA1_FIELD in headers else None

    def update(self, data: bytes) -> None:
        """Process the next bytes."""
        self._sha256.update(data)
        if self.statement is not None:
            self.statement.update(data)

    def sha256(self) -> bytes:
        """Return the SHA-256 of the text that an APIv3 signature covers."""
        complete = self._sha256.copy()
        complete.update(b"\n")
        return complete.digest()


def prefix(headers: Headers) -> bytes:
    """Return the signed text before the body; missing header fields are empty."""
    stamp, nonce = (headers.get(name, "").strip(OWS) for name in SIGNATURE_FIELDS[:2])
    return canonical.response_head(stamp, nonce)


def signature_fields(headers: Headers, response: Response | None) -> list[str]:
    """Return the four fields; each must occur once, be non-empty and have no control characters."""
    values = [(headers.only(name) or "").strip(OWS) for name in SIGNATURE_FIELDS]
    if "" in values:
        for name in SIGNATURE_FIELDS:
            _assert_one(name, headers.get_all(name), response)
    signed = "".join(values[:3])
    if not signed.isprintable() and CONTROL.search(signed):
        # A line feed would shift the boundary to the body.
        why = _(
            "Wechatpay-Timestamp, Wechatpay-Nonce or Wechatpay-Serial contains a control character"
        )
        raise untrusted("mismatch", why, response)
    if values[3].startswith(PROBE):
        raise untrusted(
            "probe",
            _(
                "it is a probe: its signature begins with {probe}. WeChat Pay sometimes sends a "
                "wrong signature to check that you verify signatures. Reject it like any other; "
                "nothing is broken",
                probe=PROBE,
            ),
            response,
        )
    return values


def _assert_one(name: str, values: Sequence[str], response: Response | None) -> None:
    if not values or not values[0].strip(OWS):
        if response is None:
            why = _(
                "it has no {name}. Either WeChat Pay did not send it, or your framework dropped "
                "headers: pass all headers of the request",
                name=name,
            )
        else:
            why = _(
                "it has no {name} (HTTP {status_code}), so its origin is unknown: a proxy or a "
                "login page may have responded instead of WeChat Pay. For an operation whose "
                "responses are unsigned, pass unsigned=True",
                name=name,
                status_code=response.status_code,
            )
        raise untrusted("missing", why, response)
    if len(values) > 1:
        raise untrusted(
            "mismatch",
            _("{name} occurs {count} times; expected once", name=name, count=len(values)),
            response,
        )


def untrusted(reason: SignatureReason, why: str, response: Response | None) -> SignatureError:
    """Return the error for a response, or for a notification if there is no response."""
    what = (
        _("the notification")
        if response is None
        else _("the response to {request}", request=response.request)
    )
    return SignatureError(
        _("{what} cannot be trusted: {why}", what=what, why=why), response, reason=reason
    )
