"""The control API of a running gateway in another process."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...messages.authority import split
from ...messages.headers import Headers
from ...messages.request import Request
from ...messages.response import Response
from ...transport import HTTPTransport
from ...utils.display import printable
from ...utils.exceptions import ConfigurationError, WeChatPayError
from ...utils.secret import Secret
from ...utils.translation import _
from ..failure import Failure
from ..wording import shown
from .responses import NOTICE, fits, parsed

__all__ = ["BASE_URI", "Control", "connection_file", "located"]

BASE_URI = "http://127.0.0.1:8790/"
"""The default address of a gateway."""

POLL_INTERVAL = 0.1
"""Seconds between two queries for a notification."""


def located(gateway: str | None, data: Path | None, control_token: str) -> tuple[str, str]:
    """Return the address of the gateway, and its control token.

    Args:
        gateway: base URI of the gateway; None uses the data directory.
        data: data directory of the gateway.
        control_token: control token; empty uses that of the directory.

    Raises:
        Failure: the directory has no `gateway.json`.
    """
    if gateway is not None or data is None:
        return gateway or BASE_URI, control_token
    described = connection_file(data)
    here = described.get("local_base_uri", described["base_uri"])  # the command runs there
    return here, control_token or described.get("control_token", "")


def connection_file(data: Path) -> dict[str, Any]:
    """Return the members of a directory's `gateway.json`.

    Args:
        data: data directory.

    Raises:
        Failure: the file cannot be read, or no gateway has written it.
    """
    path = data / "gateway.json"
    hint = _("To create it: wechatpay-chain gateway --data DIR")
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Failure(
            _("{path} cannot be read: {reason}", path=shown(str(path)), reason=reason), [hint]
        ) from None
    parts = parsed(content)
    if not fits(parts, {"base_uri": str}) or not isinstance(parts.get("control_token", ""), str):
        raise Failure(_("{path} was not written by a gateway", path=shown(str(path))), [hint])
    found: dict[str, Any] = parts
    return found


class Control:
    """The control API of one gateway.

    Args:
        base_uri: the base uri of the gateway.
        token: its control token; empty for a gateway on this machine that has none.

    Raises:
        Failure: it is not an address.
    """

    def __init__(self, base_uri: str, token: str = "") -> None:
        self._token = Secret(token)
        try:
            self._origin, _ignored = split(base_uri, "it")
        except ConfigurationError as error:
            raise _no_gateway(base_uri, str(error)) from None
        self._transport = HTTPTransport()

    def ask(
        self,
        method: str,
        path: str,
        given: Mapping[str, Any] | None = None,
        *,
        like: Any = None,
        timeout: tuple[float, float] = (5, 30),
    ) -> Any:
        """Send a request, and return the JSON of the response.

        Args:
            method: upper-case HTTP method.
            path: path below `/_gateway/`.
            given: fields of the body.
            like: format of the response, as in `responses`; None for any.
            timeout: seconds to connect and between reads.

        Raises:
            Failure: no gateway responds, or it rejects the request.
        """
        content = None if given is None else json.dumps(given).encode()
        fields = [("Content-Type", "application/json")]
        if self._token:
            fields.append(("Authorization", f"Bearer {self._token.reveal()}"))
        target = f"/_gateway/{path}"
        request = Request(method, self._origin, target, Headers(fields), content, timeout=timeout)
        try:
            response = self._transport.send(request)
            response.release(keep=False)
        except WeChatPayError as error:
            raise Failure(
                _(
                    "no gateway responds at {origin}/ ({reason})",
                    origin=self._origin,
                    reason=_reason(error),
                ),
                [
                    _("To start one: wechatpay-chain gateway"),
                    _(
                        "If it runs elsewhere, pass --gateway URL, or --data DIR with its data "
                        "directory."
                    ),
                ],
            ) from None
        finally:
            self._transport.close()
        return self._checked(response, like)

    def _checked(self, response: Response, like: Any) -> Any:
        members = parsed(response.content)
        succeeded = 200 <= response.status_code < 300
        if succeeded and (like is None or fits(members, like)):
            return members
        if response.status_code == 403:
            raise Failure(
                _(
                    "the gateway at {origin}/ rejects this command: its control token is different",
                    origin=self._origin,
                ),
                [_("Set WECHATPAY_CONTROL_TOKEN, or pass --data DIR with its data directory.")],
            )
        if not succeeded and isinstance(members, dict) and "error" in members:
            parts = [printable(members[name]) for name in ("error", "message") if name in members]
            raise Failure(_("the gateway rejects the request: {parts}", parts=": ".join(parts)))
        raise Failure(
            _("the server at {origin}/ is not a gateway of this version", origin=self._origin)
        )

    def attempted(self, number: str, seconds: float) -> dict[str, Any]:
        """Return a notification after its next delivery attempt.

        Args:
            number: its id.
            seconds: the timeout in seconds.

        Raises:
            Failure: there was no attempt in this time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for notice in self.ask("GET", "notifications", like=[NOTICE]):
                if notice["id"] == number and notice["attempts"]:
                    found: dict[str, Any] = notice
                    return found
            time.sleep(POLL_INTERVAL)
        raise Failure(
            _(
                "the gateway did not deliver notification {number} in {seconds:g} s",
                number=number,
                seconds=seconds,
            )
        )


def _no_gateway(base_uri: str, why: str) -> Failure:
    what = _("the address") if "@" in base_uri else shown(base_uri)  # it can contain a password
    return Failure(
        _("{what} is not the address of a gateway: {why}", what=what, why=why),
        [_("Expected an address such as {base_uri}.", base_uri=BASE_URI)],
    )


def _reason(error: BaseException) -> str:
    """Return the system's error without the errors around it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error)
