"""Targets that need sockets: a server that says given bytes, and a running gateway."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from urllib3.util import parse_url
from yarl import URL

from wechatpay_chain import WeChatPayError
from wechatpay_chain.gateway import Gateway

__all__ = ["assert_same_host", "knock", "respond_to_both"]

TIMEOUT = 5.0


def assert_same_host(origin: str) -> None:
    """Three libraries and this one read the same host and port from an origin."""
    ours = urlsplit(origin)
    theirs, yarls = parse_url(origin), URL(origin, encoded=True)
    assert (ours.hostname, ours.port) == ((theirs.host or "").strip("[]"), theirs.port), origin
    assert ours.hostname == yarls.raw_host, origin
    assert ours.port in (yarls.port, None), origin


class Speaker:
    """Answers every connection with the bytes at hand, then ends it."""

    def __init__(self) -> None:
        self.data = b""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(TIMEOUT)
                received = b""
                while b"\r\n\r\n" not in received and (piece := connection.recv(65536)):
                    received += piece
                connection.sendall(self.data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):  # until the client hangs up
                    continue


@cache
def _speaker() -> Speaker:
    return Speaker()


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


def respond_to_both(data: bytes, client: Callable[[str], Any]) -> None:
    """Call once over each transport; what comes back is verified, or a `WeChatPayError`."""
    speaker = _speaker()
    speaker.data = data
    wxpay = client(speaker.url)
    chain = wxpay.v3.pay.transactions.id._transaction_id_
    with contextlib.suppress(WeChatPayError):
        assert chain.get(transaction_id="1", query={"mchid": "1900000109"}).verified
    with contextlib.suppress(WeChatPayError):
        call = chain.get_async(transaction_id="1", query={"mchid": "1900000109"})
        assert _runner().run(call).verified


class _Failures(logging.Handler):
    """Keeps what the gateway logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


@cache
def _gateway() -> tuple[Gateway, _Failures]:
    failures = _Failures()
    logging.getLogger("wechatpay_chain.gateway").addHandler(failures)
    return Gateway().start(), failures


def knock(data: bytes) -> None:
    """Send bytes to the gateway, end the sending side, and read what it says."""
    running, failures = _gateway()
    at = urlsplit(running.base_uri)
    received = b""
    with (
        socket.create_connection((at.hostname, at.port), timeout=TIMEOUT) as connection,
        contextlib.suppress(ConnectionError),
    ):
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            received += piece
    assert not received.startswith(b"HTTP/1.1 5"), received[:200]
    assert b"Traceback" not in received
    assert not failures.found, failures.found
