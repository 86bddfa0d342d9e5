"""Sign and verify with a remote service, without the merchant's private key in this process.

    wxpay = WeChatPay(mchid="1900000109")
    service = OverHTTP("http://127.0.0.1:9000")
    wxpay.stacks["v3"] = remote_stack(wxpay.stacks["v3"], service, "1900000109", "3775B6A4…")

Two middleware of the APIv3 stack use keys: `signer` and `verifier`. This module replaces both. They
call a `Service`, which has two implementations:

* `OverHTTP` yields a `Send`. The client's transport sends it, so one implementation serves sync and
  async calls.
* `ByFunction` yields a `Call` of your own function, for example of an HSM library or an RPC client.
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
"""A part of a flow: it yields effects and returns a result."""


class Service(Protocol):
    """A service that holds the keys."""

    def sign(self, message: bytes) -> Asking[str]:
        """Return the merchant's signature of a message, in base64."""

    def verify(self, serial: str, digest: bytes, signature: str) -> Asking[bool]:
        """Return whether the platform key `serial` signed the message with this SHA-256."""


class OverHTTP:
    """A signing service over HTTP.

    * `POST /sign` takes `{"message": base64}` and returns `{"signature": base64}`. The service
      receives the whole message, so it can inspect the message before it signs.
    * `POST /verify` takes `{"serial": id, "digest": base64, "signature": base64}` and returns
      `{"valid": true}`. The service receives a SHA-256, so the size of a bill does not matter.

    Args:
        origin: scheme, host and port, without a slash at the end.
        token: sent as `Authorization: Bearer …`; empty for no token.
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
        """Call `/sign`."""
        body = yield from self._post("/sign", message=_base64(message))
        return str(body["signature"])

    def verify(self, serial: str, digest: bytes, signature: str) -> Asking[bool]:
        """Call `/verify`; only `true` means valid."""
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
                f"the service returned no result for {target} (HTTP {response.status_code})",
                response,
            )
        return body


class ByFunction:
    """Your own functions, sync or async.

    Async functions serve async calls only. Sync functions serve both, but block the event loop
    during async calls: use async functions if they take long.

    Args:
        sign: takes a message and returns its signature in base64.
        verify: takes a key's serial, a SHA-256 and a signature, and returns True if it is valid.
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
        """Call the function; only True means valid."""
        return (yield Call(self._verify, serial, digest, signature)) is True


def remote_signer(service: Service, mchid: str, serial: str) -> Middleware:
    """Return a `signer` without a key: it builds the message, and the service signs it."""

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
    """Return a `verifier` without a key: it builds the digest, and the service verifies it.

    It sets `verified`; `gate` rejects responses without it. Like the library's own verifier, it
    passes an error status, because `status` raises it. It rejects statements of Hong Kong, whose
    signature covers a SHA-1 instead of the body.
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
    if any(character < " " for character in nonce):  # a line feed would shift the body
        raise SignatureError("the nonce of the response contains a control character", response)
    known = stamp.isdecimal() and len(stamp) <= 15
    if not known or abs(time.time() - int(stamp)) > CLOCK_SKEW:
        raise SignatureError("the response has expired", response, reason="expired")
    digest = response.digest
    if not isinstance(digest, SignedDigest):
        digest = SignedDigest(response.headers)
        digest.update(response.content)
    if not (yield from service.verify(serial, digest.sha256(), signature)):
        raise SignatureError("the service rejects the signature of the response", response)
    response.verified = True


class SignedDigest:
    """SHA-256 of the signed message of a response: timestamp, nonce and body, one line each.

    The header fields come first; the body follows at once, or in pieces on its way to a `sink`.
    """

    def __init__(self, headers: Headers) -> None:
        stamp, nonce = (headers.get(name, "") for name in SIGNATURE_FIELDS[:2])
        self._sha256 = hashlib.sha256(canonical.lines(stamp, nonce))

    def update(self, data: bytes) -> None:
        """Add the next bytes of the body."""
        self._sha256.update(data)

    def sha256(self) -> bytes:
        """Return the digest."""
        complete = self._sha256.copy()
        complete.update(b"\n")
        return complete.digest()


def remote_stack(stack: Stack, service: Service, mchid: str, serial: str) -> Stack:
    """Return a stack without keys.

    Args:
        stack: a client's `stacks["v3"]`.
        service: signs and verifies.
        mchid: the merchant ID.
        serial: serial number of the certificate of the key that the service holds.
    """
    return stack.replace("signer", remote_signer(service, mchid, serial)).replace(
        "verifier", remote_verifier(service)
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
