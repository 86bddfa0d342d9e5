"""Reads request bodies within limits, and without decompression.

A body stays in memory until the response is sent. The total size of all bodies is also limited.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from ..messages.exchange import Rejection
from .limits import Limits

__all__ = ["BODIES", "Bodies"]

CODE = "INVALID_REQUEST"


class Bodies:
    """The request bodies that a gateway keeps in memory.

    Args:
        limits: limits of size and time.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._held = 0

    @asynccontextmanager
    async def read(self, request: web.Request, most: int) -> AsyncIterator[bytes]:
        """Read the body of a request, and release it at the end of the block.

        Args:
            request: request with the body.
            most: maximum size in bytes, up to `Limits.body`.

        Raises:
            Rejection: 408, 413, 415 or 503.
        """
        _check_coding(request)
        most = min(most, self.limits.body)
        if (request.content_length or 0) > most:
            raise _too_large(most)
        body = bytearray()
        try:
            if request.body_exists:
                await self._fill(body, request, most)
            yield bytes(body)
        finally:
            self._held -= len(body)

    async def _fill(self, body: bytearray, request: web.Request, most: int) -> None:
        if request.content.is_eof():  # received with the header, like most bodies
            self._hold(body, request.content.read_nowait(), most)
            return
        seconds = self.limits.body_seconds
        try:
            async with asyncio.timeout(seconds):
                while piece := await request.content.readany():
                    self._hold(body, piece, most)
        except TimeoutError:
            raise Rejection(408, CODE, f"the body did not arrive within {seconds:g} s") from None

    def _hold(self, body: bytearray, piece: bytes, most: int) -> None:
        body += piece
        self._held += len(piece)
        if len(body) > most:
            raise _too_large(most)
        if self._held > self.limits.held:
            raise Rejection(503, "SYSTEM_ERROR", "too many request bodies arrive at the same time")


def _check_coding(request: web.Request) -> None:
    if "Content-Encoding" not in request.headers:
        return
    codings = ",".join(request.headers.getall("Content-Encoding", [])).split(",")
    if any(coding.strip().lower() not in ("", "identity") for coding in codings):
        message = "Content-Encoding is not supported: send the body as it is"
        raise Rejection(415, CODE, message, headers={"Accept-Encoding": "identity"})


def _too_large(most: int) -> Rejection:
    return Rejection(413, CODE, f"the body has more than {most} bytes")


BODIES: web.AppKey[Bodies] = web.AppKey("bodies", Bodies)
