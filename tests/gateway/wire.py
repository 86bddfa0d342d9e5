"""Requests to a gateway without this library's client: signed here, sent by http.client."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.gateway.support import ASKING
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import pem
from wechatpay_chain.messages import canonical

__all__ = ["Reply", "ask", "signed"]


@dataclass
class Reply:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def serial(self) -> str:
        """The key that signed; empty for a response without a signature."""
        return self.headers.get("Wechatpay-Serial", "")

    def is_signed_by(self, key: Any) -> bool:
        """Return whether the signature is valid for the key."""
        stamp, nonce = (self.headers[f"Wechatpay-{name}"] for name in ("Timestamp", "Nonce"))
        message = canonical.response(stamp, nonce, self.body)
        return rsa.verify(message, self.headers["Wechatpay-Signature"], key)

    @property
    def wechatpay_headers(self) -> list[str]:
        return [name for name in self.headers if name.lower().startswith("wechatpay-")]


def signed(
    gateway: Gateway, method: str, target: str, body: bytes = b"", **headers: str | None
) -> Reply:
    """Send an APIv3 request as any SDK would; a header that is None is left out.

    Args:
        headers: added; `_` stands for `-`.
    """
    identity, stamp, nonce = gateway.identity, canonical.timestamp(), canonical.nonce()
    message = canonical.request(method, target, stamp, nonce, body)
    parts = (identity.mchid, nonce, rsa.sign(message, identity.merchant_key), stamp)
    given = {
        **ASKING,
        "Authorization": canonical.authorization(*parts, identity.serial),
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    sent = {name: value for name, value in given.items() if value is not None}
    return ask(gateway, method, target, body, sent)


def ask(
    gateway: Gateway,
    method: str,
    target: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    tls: bool = False,
) -> Reply:
    """Send a request with exactly these headers, and `Host` if it is missing."""
    place = urlsplit(gateway.tls_base_uri if tls else gateway.base_uri)
    connection: http.client.HTTPConnection
    if tls:
        context = ssl.create_default_context(cadata=pem(gateway.identity.authority).decode())
        connection = http.client.HTTPSConnection(
            place.hostname or "", place.port, timeout=20, context=context
        )
    else:
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    try:
        connection.putrequest(
            method, target, skip_host="Host" in (headers or {}), skip_accept_encoding=True
        )
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.headers), answer.read())
    finally:
        connection.close()
