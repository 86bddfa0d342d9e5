"""A host that passes bytes on to another one, and can be taken down."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit


class Relay:
    """Listens on a free port of 127.0.0.1 while its `with` block lasts.

    Args:
        target: the URL of the host that connections are passed on to.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = parts.hostname, parts.port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._reset = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def up(self) -> None:
        """Listen."""
        asyncio.run_coroutine_threadsafe(self._up(), self._loop).result(10)

    def down(self) -> None:
        """Listen no more: whoever connects is refused; connections that are open stay."""
        asyncio.run_coroutine_threadsafe(self._down(), self._loop).result(10)

    def reset_next(self) -> None:
        """Reset the connection on which the next request comes, and pass nothing of it on."""
        self._reset = True

    async def _up(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _down(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):  # Python 3.11 logs the latter
            there, onward = await asyncio.open_connection(*self._target)
            await asyncio.gather(self._pass_on(reader, onward, writer), _copy(there, writer))

    async def _pass_on(
        self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        await _copy(reader, onward, lambda: self._resets(back))

    def _resets(self, writer: asyncio.StreamWriter) -> bool:
        """Whether this connection is to be reset, once."""
        reset, self._reset = self._reset, False
        if reset:
            linger = struct.pack("ii", 1, 0)  # closing sends RST
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        return reset

    def __enter__(self) -> Self:
        self._thread.start()
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        await self._down()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _copy(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    ends: Callable[[], bool] = lambda: False,
) -> None:
    """Pass bytes on until there are no more, or `ends` says so when some come."""
    try:
        while (data := await reader.read(65536)) and not ends():
            writer.write(data)
            await writer.drain()
    except OSError:
        writer.transport.abort()
    finally:
        writer.close()
