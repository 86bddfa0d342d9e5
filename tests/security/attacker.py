"""Somebody who talks to a gateway over a bare socket."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wechatpay_chain.gateway import Gateway

Fields = Iterable[tuple[str, str]]

ASKING = [("User-Agent", "attacker"), ("Accept", "*/*")]
"""Header fields without which nothing is looked at."""


@dataclass
class Answer:
    status: int
    head: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def dial(gateway: Gateway, *, tls: bool = False) -> socket.socket:
    at = urlsplit(gateway.tls_base_uri if tls else gateway.base_uri)
    connection = socket.create_connection((at.hostname, at.port), timeout=20)
    if not tls:
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


def rest(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionError:
        pass
    return received


def parsed(received: bytes) -> Answer:
    """The last answer of those that came: an informational one may precede it."""
    head, _, body = received.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 100"):
        return parsed(body)
    return Answer(int(head.split()[1]), head.decode(), body)


def request(
    gateway: Gateway,
    target: str,
    fields: Fields = (),
    *,
    method: str = "GET",
    body: bytes = b"",
    host: str | None = "",
    version: str = "1.1",
    tls: bool = False,
) -> Answer:
    """One request as it is written.

    Args:
        host: None leaves `Host` out, an empty one is the gateway's own.
        version: of HTTP.
    """
    own = urlsplit(gateway.tls_base_uri if tls else gateway.base_uri).netloc
    lines = [f"{method} {target} HTTP/{version}"]
    lines += [] if host is None else [f"Host: {host or own}"]
    lines += [f"{name}: {value}" for name, value in (*ASKING, *fields, ("Connection", "close"))]
    lines += [f"Content-Length: {len(body)}"] if body else []
    data = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
    with dial(gateway, tls=tls) as connection:
        with suppress(ConnectionError):  # refused before all of it was sent; the answer is there
            connection.sendall(data)
        return parsed(rest(connection))
