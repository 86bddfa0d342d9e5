"""Where a streamed body goes: `NAME.part`, then `NAME` once it is complete and verified."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, BinaryIO

from .errors import ConfigurationError, ResponseError, TransportError
from .flow import Call, Flow, Handler
from .messages import Request

__all__ = ["Download", "downloading"]

HEAD = 64 * 1024
"""Bytes of a body's beginning that are kept at hand, to recognise an error sent with status 200."""


class Download:
    """One streamed body on its way to a path or a binary file.

    A path gets its file only once the body is complete and, where it is signed, verified. A binary
    file is written as the bytes come; after a failure it is cut back to where it was, if it can.

    Args:
        target: a path, or a file opened in binary mode.

    Raises:
        ConfigurationError: neither of them, or the path's folder does not exist.
    """

    def __init__(self, target: str | os.PathLike[str] | BinaryIO) -> None:
        self._path: Path | None = None
        self._part: Path | None = None
        self._file: Any = None
        self._start: int | None = None
        self.head = bytearray()
        self.size = 0
        if isinstance(target, str | os.PathLike):
            self._path = Path(target)
            self._part = self._path.with_name(self._path.name + ".part")
            if not self._path.parent.is_dir() or self._path.is_dir():
                raise ConfigurationError(
                    f"sink: {self._path} cannot be written: its folder must exist, and it must "
                    "not be a folder itself"
                )
        elif hasattr(target, "write") and not hasattr(target, "encoding"):
            self._file = target
        else:
            raise ConfigurationError(
                f"sink is of type {type(target).__name__}: a path, or a file opened in binary "
                "mode is expected"
            )

    def open(self) -> None:
        """Begin, or begin anew."""
        self.head.clear()
        self.size = 0
        if self._part is not None:
            self.discard()
            # A new file each time: a second download to the same path must not share its bytes.
            self._file = self._part.open("xb")
        elif self._file.seekable():
            if self._start is None:
                self._start = self._file.tell()
            self.discard()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        self.size += len(chunk)
        self._file.write(chunk)

    def commit(self) -> None:
        """Give the file its name.

        Raises:
            TransportError: another download to the same path took the part file's place.
        """
        if self._path is None or self._part is None:
            self._file.flush()
            return
        self._file.flush()
        mine = os.fstat(self._file.fileno())
        self._file.close()
        try:
            same = os.path.samestat(mine, self._part.stat())
        except FileNotFoundError:
            same = False
        if not same:
            self._part = None  # the other's now; not ours to remove
            raise TransportError(
                f"another download to {self._path} is under way; give each a sink of its own"
            )
        self._part.replace(self._path)

    def discard(self) -> None:
        """Leave nothing of what was written."""
        if self._part is not None:
            if self._file is not None:
                self._file.close()
                self._file = None
            self._part.unlink(missing_ok=True)
        elif self._start is not None:
            with contextlib.suppress(OSError, ValueError):
                self._file.seek(self._start)
                self._file.truncate()


def downloading(request: Request, handle: Handler) -> Flow:
    """Run a request that has a sink; keep the file if all went well, else leave none."""
    sink = request.sink
    if sink is None:
        return (yield from handle(request))
    try:
        response = yield from handle(request)
        if not response.streamed:
            raise ResponseError(
                f"{request} was answered with HTTP {response.status_code}, which has no file "
                "for the sink",
                response,
            )
        yield Call(sink.commit)
    except BaseException:
        sink.discard()
        raise
    return response
