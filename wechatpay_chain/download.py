"""Where a streamed body goes: `NAME.part`, then `NAME` once it is complete and verified."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
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
        self._begun = False
        self._mine: os.stat_result | None = None
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
        elif (
            hasattr(target, "write")
            and not hasattr(target, "encoding")
            and not getattr(target, "closed", False)
        ):
            self._file = target
        else:
            raise ConfigurationError(
                f"sink is of type {type(target).__name__}: a path, or a file that is open for "
                "writing in binary mode, is expected"
            )

    def takes(self, status_code: int) -> bool:
        """Whether an answer with this status has a body for the sink."""
        return 200 <= status_code < 300 and status_code != 204

    def open(self) -> None:
        """Begin, or begin anew.

        Raises:
            TransportError: the file cannot be made or rewound.
        """
        self.head.clear()
        self.size = 0
        with self._writing():
            if self._part is not None:
                self.discard()
                self._part.unlink(missing_ok=True)
                # A new file each time: a second download to the same path must not share its bytes.
                self._file = self._part.open("xb")
                self._mine = os.fstat(self._file.fileno())
            elif self._file.seekable():
                if self._start is None:
                    self._start = self._file.tell()
                self.discard()
            elif self._begun:
                raise TransportError(
                    "sink: the file has a part of an earlier attempt in it and cannot be rewound"
                )
        self._begun = True

    def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            TransportError: they cannot be written.
        """
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        self.size += len(chunk)
        with self._writing():
            self._file.write(chunk)

    def commit(self) -> None:
        """Give the file its name.

        Raises:
            TransportError: the last bytes cannot be written, or another download to the same path
                took the part file's place.
        """
        with self._writing():
            self._file.flush()
            if self._path is None or self._part is None:
                return
            self._file.close()
            if not self._is_mine():
                raise TransportError(
                    f"another download to {self._path} is under way; give each a sink of its own"
                )
            self._part.replace(self._path)

    def discard(self) -> None:
        """Leave nothing of what was written."""
        # Whatever fails here, the error that led here is the one to be told.
        with contextlib.suppress(OSError, ValueError):
            if self._part is None:
                if self._start is not None:
                    self._file.seek(self._start)
                    self._file.truncate()
                return
            if self._is_mine():
                self._part.unlink()
            if self._file is not None:
                self._file.close()

    def _is_mine(self) -> bool:
        """Whether the part file is the one that this download made."""
        try:
            return (
                self._mine is not None
                and self._part is not None
                and os.path.samestat(self._mine, self._part.stat())
            )
        except FileNotFoundError:
            return False

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            name = self._part or getattr(self._file, "name", None) or "the file"
            raise TransportError(f"sink: cannot write {name}: {error}") from error


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
