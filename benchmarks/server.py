"""The far end: as little of an HTTP/1.1 server as it takes, signed as APIv3 answers are.

It runs in a process of its own (`python -m benchmarks.server`), so its work is on nobody's account,
is told the keys on standard input, says its port on standard output, and ends when its standard
input does, that is, with whoever started it.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from urllib.parse import parse_qs, urlsplit

from .merchant import NATIVE, ORDER, Keys
from .signing import Signer, genuine_request

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
AUTHORIZATION = re.compile(rb"\r\nauthorization: *([^\r]+)", re.IGNORECASE)
BLOCK = memoryview(bytes(range(256)) * 1024)
PLAIN_FILE = "/v3/billdownload/file"
SIGNED_FILE = "/v3/benchmarks/signed-file"
SAMPLE = 100
"""One request in so many has its signature and its body checked, lest a contender cut a corner."""


class Site:
    """What all connections share.

    Args:
        keys: both sides'.
        sizes: of the signed files that will be asked for; their hashes are computed ahead, so that
            no download waits for one.
    """

    def __init__(self, keys: Keys, sizes: list[int]) -> None:
        self.keys = keys
        self.signer = Signer(keys.platform_private)
        self.files = {size: self.signer.file_fields(BLOCK, size) for size in sizes}
        self.requests = 0


class Connection(asyncio.Protocol):
    """One kept-alive connection."""

    transport: asyncio.Transport

    def __init__(self, site: Site) -> None:
        self._site = site
        self._buffer = bytearray()
        self._left = 0
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            length = CONTENT_LENGTH.search(head)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < stop:
                return
            body = bytes(self._buffer[end + 4 : stop])
            del self._buffer[:stop]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        method, target, _ = head[: head.index(b"\r\n")].decode().split(" ")
        url = urlsplit(target)
        if method == "POST" and url.path == f"/{NATIVE}":
            self._order(head, target, body)
        elif method == "GET" and url.path in (PLAIN_FILE, SIGNED_FILE):
            size = int(parse_qs(url.query)["size"][0])
            signed = self._site.files[size] if url.path == SIGNED_FILE else b""
            kind = b"Content-Type: application/x-gzip\r\n"
            self.transport.write(b"HTTP/1.1 200 OK\r\n" + kind + signed + _length(size))
            self._left = size
            self._pump()
        else:
            self.transport.write(b"HTTP/1.1 404 Not Found\r\n" + _length(0))

    def _order(self, head: bytes, target: str, body: bytes) -> None:
        self._site.requests += 1
        authorization = AUTHORIZATION.search(head)
        if self._site.requests % SAMPLE == 1 and not (
            authorization is not None
            and genuine_request(target, authorization[1].decode(), body, self._site.keys)
            and json.loads(body) == ORDER
        ):
            self.transport.write(b"HTTP/1.1 401 Unauthorized\r\n" + _length(0))
            return
        self.transport.write(self._site.signer.answer())

    def _pump(self) -> None:
        while self._left and not self._paused:
            piece = BLOCK[: self._left]
            self._left -= len(piece)
            self.transport.write(piece)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self._left = 0


def _length(size: int) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % size


async def serve(site: Site) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(site), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Site(Keys.loads(sys.stdin.readline()), json.loads(sys.stdin.readline()))))
