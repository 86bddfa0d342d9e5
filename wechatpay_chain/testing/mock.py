"""A transport that answers from a function: for tests of code that uses this library."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..crypto import keys, rsa
from ..messages import canonical
from ..messages.headers import Headers
from ..messages.request import Request
from ..messages.response import Response
from ..utils.secret import hide

if TYPE_CHECKING:
    from ..messages.request import Sink

__all__ = ["Answer", "MockTransport"]

Answer = Response | Mapping[str, Any] | tuple[int, Any] | None


class MockTransport:
    """Answers each request with what a function returns, and keeps the requests.

    Args:
        answer: takes a `Request`; returns a `Response`, or (status, body), or just a body: a
            mapping becomes JSON, None an empty 204.
        sign: `{serial: private key}` to sign APIv3 answers with, of which the client under test
            knows the public half as `certs`: the one that the request's `Wechatpay-Serial` names,
            else the first. None leaves answers as they are.
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
        """Answer a request."""
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
        """Answer a request."""
        return self.send(request)

    def close(self) -> None:
        """Nothing to close."""

    async def aclose(self) -> None:
        """Nothing to close."""


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
