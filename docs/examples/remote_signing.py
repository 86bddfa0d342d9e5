"""Sign and verify with a remote service: the merchant's private key never enters this process.

    wxpay = WeChatPay(mchid="1900000109")
    service = OverHTTP("http://127.0.0.1:9000")
    wxpay.stacks["v3"] = remote_stack(wxpay.stacks["v3"], service, "1900000109", "3775B6A4…")

Two layers of the APIv3 stack hold keys, `signer` and `verifier`; both are replaced here. They ask
a `Service`, which comes in two variants:

* `OverHTTP` yields a `Send` of its own. The client's transport carries it, so one implementation
  serves sync and async calls.
* `ByFunction` yields a `Call` of a function of yours: an HSM's library, an RPC client.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Protocol, TypeVar

from wechatpay_chain import (
    Call,
    Effect,
    Flow,
    Handler,
    Headers,
    Middleware,
    Request,
    Response,
    ResponseError,
    Send,
    SignatureError,
    Stack,
)
from wechatpay_chain.keys.credential import CLOCK_SKEW, SIGNATURE_FIELDS
from wechatpay_chain.messages import canonical
from wechatpay_chain.middleware.v3.verifier import is_unsigned

T = TypeVar("T")
Asking = Generator[Effect, Any, T]
"""A part of a flow: it yields effects, and returns what it asked for."""


class Service(Protocol):
    """Who holds the keys."""

    def sign(self, message: bytes) -> Asking[str]:
        """The merchant's signature of a message, in base64."""

    def verify(self, serial: str, digest: bytes, signature: str) -> Asking[bool]:
        """Whether the platform key `serial` signed the message with this SHA-256."""


class OverHTTP:
    """A signing service reached over HTTP.

    * `POST /sign` takes `{"message": base64}` and returns `{"signature": base64}`. It gets the
      whole message, so that it can read what it signs.
    * `POST /verify` takes `{"serial": id, "digest": base64, "signature": base64}` and returns
      `{"valid": true}`. It gets a SHA-256, so that a bill of any size costs the same.

    Args:
        origin: scheme, host and port, without a slash at the end.
        token: sent as `Authorization: Bearer …`; empty for none.
        timeout: seconds to connect, and between two reads.
    """

    def __init__(self, origin: str, token: str = "", timeout: tuple[float, float] = (2, 5)) -> None:
        self._origin = origin
        self._timeout = timeout
        self._headers = Headers(
            {
                "Content-Type": "application/json",
                **({"Authorization": f"Bearer {token}"} if token else {}),
            }
        )

    def sign(self, message: bytes) -> Asking[str]:
        """Ask `/sign`."""
        body = yield from self._post("/sign", message=_base64(message))
        return str(body["signature"])

    def verify(self, serial: str, digest: bytes, signature: str) -> Asking[bool]:
        """Ask `/verify`; anything but a plain `true` is a no."""
        body = yield from self._post(
            "/verify", serial=serial, digest=_base64(digest), signature=signature
        )
        return body.get("valid") is True

    def _post(self, target: str, **members: str) -> Asking[dict[str, Any]]:
        request = Request(
            "POST",
            self._origin,
            target,
            self._headers,
            json.dumps(members).encode(),
            timeout=self._timeout,
        )
        response = yield Send(request)
        body = response.json() if response.status_code == 200 else None
        if not isinstance(body, dict) or (target == "/sign" and not body.get("signature")):
            raise ResponseError(
                f"the signing service did not answer {target} (HTTP {response.status_code})",
                response,
            )
        return body


class ByFunction:
    """Functions of your own, sync or async.

    An async function serves async calls only. A sync function serves both, and an async call
    waits for it on the event loop: one that blocks for long had better be async.

    Args:
        sign: takes a message, returns its signature in base64.
        verify: takes a key's serial, a SHA-256 and a signature; True says genuine.
    """

    def __init__(
        self,
        sign: Callable[[bytes], str | Awaitable[str]],
        verify: Callable[[str, bytes, str], bool | Awaitable[bool]],
    ) -> None:
        self._sign = sign
        self._verify = verify

    def sign(self, message: bytes) -> Asking[str]:
        """Call the function."""
        signature: str = yield Call(self._sign, message)
        return signature

    def verify(self, serial: str, digest: bytes, signature: str) -> Asking[bool]:
        """Call the function; anything but a plain True is a no."""
        return (yield Call(self._verify, serial, digest, signature)) is True


def remote_signer(service: Service, mchid: str, serial: str) -> Middleware:
    """A `signer` that has no key: it makes the message, and a service signs it."""

    def sign(request: Request, handle: Handler) -> Flow:
        stamp, nonce = canonical.timestamp(), canonical.nonce()
        body = request.signed if request.signed is not None else request.content or b""
        message = canonical.request(request.method, request.target, stamp, nonce, body)
        signature = yield from service.sign(message)
        authorization = canonical.authorization(mchid, nonce, signature, stamp, serial)
        headers = request.headers.merged({"Authorization": authorization})
        return (yield from handle(request.replace(headers=headers)))

    return sign


def remote_verifier(service: Service) -> Middleware:
    """A `verifier` that has no key: it says what was signed, and a service judges.

    It sets `verified`, without which the layer `gate` lets no response out. As with the library's
    own, an error status passes, for `status` raises it anyway. Statements of Hong Kong, whose
    signature covers a SHA-1 instead of the body, are refused.
    """

    def verify(request: Request, handle: Handler) -> Flow:
        if request.sink is not None:
            request = request.replace(digest=SignedDigest)
        response = yield from handle(request)
        if request.options.unsigned or is_unsigned(request):
            return response
        try:
            yield from _check(service, response)
        except SignatureError:
            if response.status_code < 400:
                raise
        return response

    return verify


def _check(service: Service, response: Response) -> Asking[None]:
    fields = [response.headers.get_all(name) for name in SIGNATURE_FIELDS]
    if any(len(values) != 1 for values in fields):
        raise SignatureError("the response is not signed", response, reason="missing")
    stamp, nonce, serial, signature = (values[0] for values in fields)
    if any(character < " " for character in nonce):  # a line feed would move the body's border
        raise SignatureError("the response's nonce holds a control character", response)
    known = stamp.isdecimal() and len(stamp) <= 15
    if not known or abs(time.time() - int(stamp)) > CLOCK_SKEW:
        raise SignatureError("the response's timestamp is off", response, reason="expired")
    digest = response.digest
    if not isinstance(digest, SignedDigest):
        digest = SignedDigest(response.headers)
        digest.update(response.content)
    if not (yield from service.verify(serial, digest.sha256(), signature)):
        raise SignatureError("the service says no to the response's signature", response)
    response.verified = True


class SignedDigest:
    """SHA-256 of what a response's signature covers: timestamp, nonce and body, a line each.

    Made from the header and fed the body, at once or, on its way to a `sink`, piece by piece.
    """

    def __init__(self, headers: Headers) -> None:
        stamp, nonce = (headers.get(name, "") for name in SIGNATURE_FIELDS[:2])
        self._sha256 = hashlib.sha256(canonical.lines(stamp, nonce))

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(data)

    def sha256(self) -> bytes:
        """The digest of all that came."""
        complete = self._sha256.copy()
        complete.update(b"\n")
        return complete.digest()


def remote_stack(stack: Stack, service: Service, mchid: str, serial: str) -> Stack:
    """A stack that holds no key.

    Args:
        stack: a client's `stacks["v3"]`.
        service: who signs and verifies.
        mchid: the merchant ID.
        serial: serial number of the certificate whose key the service holds.
    """
    return stack.replace("signer", remote_signer(service, mchid, serial)).replace(
        "verifier", remote_verifier(service)
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
