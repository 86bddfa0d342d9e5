"""A transport with responses from a function, for tests of code that uses this library."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from ..crypto import keys, rsa
from ..messages import canonical
from ..messages.headers import Headers
from ..messages.request import Request
from ..messages.response import Response
from ..utils.secret import hide

if TYPE_CHECKING:
    from ..client import WeChatPay
    from ..messages.request import Sink
    from .notices.signing import SignedNotification
    from .sent import SentRequest

__all__ = ["Answer", "MockTransport"]

Answer = Response | Mapping[str, Any] | tuple[int, Any] | None


class MockTransport:
    """Responds to each request with a function's return value, and stores the requests.

    Args:
        answer: takes a `Request`; returns a `Response`, or (status, body), or only a body: a
            mapping becomes JSON, None an empty 204.
        sign: `{serial: private key}` to sign APIv3 responses; the tested client has the public keys
            as `certs`. The key is the one in the request's `Wechatpay-Serial`, else the first. None
            leaves responses unchanged.
    """

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        *,
        sign: Mapping[str, keys.KeySource] | None = None,
    ) -> None:
        sign = hide(sign)
        self._answer = answer
        self._sign = {serial: keys.private_key(key, "sign") for serial, key in (sign or {}).items()}
        self.requests: list[Request] = []

    def send(self, request: Request) -> Response:
        """Return the response to a request."""
        self.requests.append(request)
        response = _response(self._answer(request))
        response.request = request
        if self._sign:
            asked = request.headers.get("Wechatpay-Serial", "")
            serial = asked if asked in self._sign else next(iter(self._sign))
            key = self._sign[serial]
            stamp, nonce = canonical.timestamp(), canonical.nonce()
            message = canonical.response(stamp, nonce, response.content)
            response.headers = response.headers.merged(
                {
                    "Wechatpay-Timestamp": stamp,
                    "Wechatpay-Nonce": nonce,
                    "Wechatpay-Serial": serial,
                    "Wechatpay-Signature": rsa.sign(message, key),
                }
            )
        if request.sink is not None and request.sink.takes(response.status_code):
            _stream(request, request.sink, response)
        return response

    async def send_async(self, request: Request) -> Response:
        """Return the response to a request."""
        return self.send(request)

    def client(self, **arguments: Any) -> WeChatPay:
        """Create a client with test keys that uses this transport.

        Without `sign`, APIv3 responses are also signed with a test key.

        Args:
            arguments: arguments of `WeChatPay`, which take precedence.
        """
        from ..client import WeChatPay
        from . import own_keys

        if not self._sign:
            self._sign = {own_keys.PUBLIC_KEY_ID: own_keys.platform_key()}
        certs = {serial: key.public_key() for serial, key in self._sign.items()}
        given = {**own_keys.arguments(), "certs": certs, "transport": self, "retry": None}
        return WeChatPay(**{**given, **arguments})

    def signed_notification(
        self,
        event: str,
        resource: Mapping[str, Any] | None = None,
        *,
        variant: str = "",
        protocol: Literal["v3", "v2"] = "v3",
    ) -> SignedNotification:
        """Return a notification as WeChat Pay sends it, which `client()` can verify.

        Args:
            event: the event type, such as `TRANSACTION.SUCCESS`.
            resource: members that replace those of the catalogue's example.
            variant: the form of an event type that several products share, such as `partner`.
            protocol: `v3` or `v2`.

        Returns:
            Headers and body: `wxpay.notify(*signed)`.

        Raises:
            ConfigurationError: the event type or form is unknown, or the resource cannot be sent.
        """
        from . import own_keys
        from .notices.signing import signed_notification

        keys = own_keys.notification_keys()
        if self._sign:
            serial, key = next(iter(self._sign.items()))
            keys = replace(keys, serial=serial, platform_key=key)
        return signed_notification(keys, event, resource, variant=variant, protocol=protocol)

    def sent(self, method: str | None = None, path: str | None = None) -> list[SentRequest]:
        """Return the requests with a method and a path, oldest first.

        Args:
            method: upper-case HTTP method, or None for any.
            path: the path as sent, an operation's template, or a pattern such as `v3/refund/*`;
                None for any.
        """
        from .sent import matching

        return matching(self._sent(), method, path)

    def sent_once(self, method: str | None = None, path: str | None = None) -> SentRequest:
        """Return the only request with a method and a path; see `sent`.

        Raises:
            AssertionError: there are none or several; the message lists the sent requests.
        """
        from .sent import only

        return only(self._sent(), method, path)

    def _sent(self) -> list[SentRequest]:
        from .sent import SentRequest

        return [
            SentRequest.of(
                each.method,
                f"{each.operation}?{each.target.partition('?')[2]}",
                each.headers,
                each.content or b"",
            )
            for each in self.requests
        ]

    def close(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


def _response(answer: Answer) -> Response:
    if isinstance(answer, Response):
        return answer
    status, body = (
        answer if isinstance(answer, tuple) else (200 if answer is not None else 204, answer)
    )
    if body is None:
        return Response(status)
    if isinstance(body, bytes | str):
        content, kind = (body.encode() if isinstance(body, str) else body), "text/plain"
    else:
        content, kind = json.dumps(body, ensure_ascii=False).encode(), "application/json"
    return Response(status, Headers({"Content-Type": kind}), content)


def _stream(request: Request, sink: Sink, response: Response) -> None:
    sink.open()
    if request.digest is not None:
        response.digest = request.digest(response.headers)
        response.digest.update(response.content)
    sink.write(response.content)
    response.streamed = True
