"""A running gateway's control API, asked from another process."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import TransportError
from ..messages import Headers, Request, Response
from ..transport import HTTPTransport
from .failure import Failure
from .wording import shown

__all__ = ["Control", "address"]

BASE_URI = "http://127.0.0.1:8790/"
"""Where a gateway listens that was not told another place."""

BETWEEN = 0.1
"""Seconds between two looks at a notification under way."""


def address(gateway: str | None, data: Path | None) -> str:
    """Where the gateway is that is meant.

    Args:
        gateway: its base URI, if it was given.
        data: its folder, if that was.

    Raises:
        Failure: the folder has no `gateway.json`.
    """
    if gateway is not None:
        return gateway
    if data is None:
        return BASE_URI
    path = data / "gateway.json"
    hint = "A gateway writes it: wechatpay-chain gateway --data DIR"
    try:
        return str(json.loads(path.read_bytes())["base_uri"])
    except OSError as error:
        raise Failure(f"{shown(str(path))} cannot be read: {error.strerror}", [hint]) from None
    except (ValueError, TypeError, LookupError):
        raise Failure(f"{shown(str(path))} is not a gateway's", [hint]) from None


class Control:
    """The control API of one gateway.

    Args:
        base_uri: of the gateway.

    Raises:
        Failure: that is no address.
    """

    def __init__(self, base_uri: str) -> None:
        url = urlsplit(base_uri)
        if url.scheme != "http" or not url.hostname:
            raise Failure(
                f"{shown(base_uri)} is not where a gateway is: "
                f"an address such as {BASE_URI} is expected"
            )
        self._origin = f"http://{url.netloc}"
        self._transport = HTTPTransport()

    def ask(self, method: str, path: str, given: Mapping[str, Any] | None = None) -> Any:
        """What the gateway answers; None where it has nothing to say.

        Args:
            method: upper-case HTTP method.
            path: below `/_gateway/`.
            given: members of the body.

        Raises:
            Failure: no gateway answers, or it refuses.
        """
        content = None if given is None else json.dumps(given).encode()
        headers = Headers([("Content-Type", "application/json")])
        request = Request(method, self._origin, f"/_gateway/{path}", headers, content)
        try:
            response = self._transport.send(request)
        except TransportError as error:
            raise Failure(
                f"no gateway answers at {self._origin}/ ({_reason(error)})",
                [
                    "To start one: wechatpay-chain gateway",
                    "If it is elsewhere, say --gateway URL, or --data DIR with its folder.",
                ],
            ) from None
        finally:
            self._transport.close()
        return self._answer(response)

    def _answer(self, response: Response) -> Any:
        if not response.content and response.ok:
            return None
        try:
            answer = json.loads(response.content)
        except ValueError:
            answer = None
        if response.ok and answer is not None:
            return answer
        if isinstance(answer, dict) and "error" in answer:
            told = [str(answer[name]) for name in ("error", "message") if name in answer]
            raise Failure(f"the gateway refuses: {': '.join(told)}")
        raise Failure(f"what answers at {self._origin}/ is not a gateway of this version")

    def attempted(self, number: str, seconds: float) -> dict[str, Any]:
        """A notification, once it was tried to deliver it.

        Args:
            number: its id.
            seconds: how long to wait for that.

        Raises:
            Failure: it was not.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for notice in self.ask("GET", "notifications"):
                if notice["id"] == number and notice["attempts"]:
                    found: dict[str, Any] = notice
                    return found
            time.sleep(BETWEEN)
        raise Failure(f"the gateway did not deliver notification {number} in {seconds:g} s")


def _reason(error: BaseException) -> str:
    """What the system said, of all that is wrapped around it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(error)
