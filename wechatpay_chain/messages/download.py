"""Streams a body to a path or file; a path is created only after the body is verified."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ..messages.request import TransportError
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError, WeChatPayError
from ..utils.files import replace
from ..utils.translation import _
from .unsigned import is_whole

__all__ = ["Download"]

HEAD = 64 * 1024
"""Bytes kept from the beginning of a body, to detect an error sent with status 200."""

BLOCK = 256 * 1024
IN_MEMORY = 1024 * 1024
"""Bytes of an open file kept in memory for a restore; larger contents go to a temporary file."""

NEW_FILE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)  # Windows
)
PRIVATE = 0o600
NAME_LENGTH = 50
"""Characters of the file name used in the name of its part file: names have at most 255 bytes."""


class _Destination(Protocol):
    """The destination of a body."""

    name: str

    def open(self) -> None: ...
    def write(self, chunk: bytes) -> None: ...
    def commit(self) -> None: ...
    def discard(self) -> None: ...


class Download:
    """A streamed body on its way to a path or a binary file.

    A path is created only after the body is complete and, if it is signed, verified. A binary file
    is written while the bytes arrive; on failure, its previous contents are restored if it can
    seek.

    Args:
        target: a path, or a file opened in binary mode.

    Raises:
        ConfigurationError: the target is neither, or is not writable.
    """

    def __init__(self, target: str | os.PathLike[str] | BinaryIO) -> None:
        self._destination: _Destination
        self.head = bytearray()
        self.size = 0
        if isinstance(target, str | os.PathLike):
            self._destination = _NewFile(target)
        elif (
            hasattr(target, "write")
            and not hasattr(target, "encoding")
            and not getattr(target, "closed", False)
        ):
            self._destination = _OpenFile(target)
        else:
            raise ConfigurationError(
                _(
                    "sink is of type {type}: expected a path, or a file opened for writing in "
                    "binary mode",
                    type=type(target).__name__,
                )
            )

    def takes(self, status_code: int) -> bool:
        """Return whether a response with this status has a body for the sink."""
        return is_whole(status_code, ranged=True)

    def open(self) -> None:
        """Open the destination, also for another attempt.

        Raises:
            TransportError: the file cannot be created or rewound.
        """
        self.head.clear()
        self.size = 0
        with self._writing():
            self._destination.open()

    def write(self, chunk: bytes) -> None:
        """Write the next bytes.

        Raises:
            TransportError: the bytes cannot be written.
        """
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        self.size += len(chunk)
        with self._writing():
            self._destination.write(chunk)

    def commit(self) -> None:
        """Keep the file under its final name.

        Raises:
            TransportError: the last bytes cannot be written, or the file cannot be renamed.
        """
        with self._writing():
            self._destination.commit()

    def discard(self) -> None:
        """Remove the written bytes without raising, so that the original error is reported."""
        self._destination.discard()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except WeChatPayError:
            raise
        except Exception as error:  # a user's file object can raise any exception
            raise TransportError(
                _(
                    "sink: cannot write {name}: {error}",
                    name=self._destination.name,
                    error=printable(error),
                )
            ) from error


class _NewFile:
    """A file that atomically replaces the file at a path."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self._path = Path(path)
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                self._path.lstat()  # raises for an invalid path
            writable = self._path.parent.is_dir() and (
                self._path.is_file() or not os.path.lexists(self._path)
            )
        except (ValueError, TypeError, OSError) as error:
            raise ConfigurationError(
                _(
                    "sink: {path} is not a path that this system can open: {error}",
                    path=printable(path),
                    error=printable(error),
                )
            ) from None
        self.name = printable(self._path)
        if not writable:
            raise ConfigurationError(
                _(
                    "sink: {name} cannot be written: its folder must exist, and an existing "
                    "entry of that name must be a file",
                    name=self.name,
                )
            )
        self._part: Any = None  # both attributes are None until `open`
        self._file: Any = None

    def open(self) -> None:
        self.discard()
        import secrets  # needed only for downloads

        name = f"{self._path.name[:NAME_LENGTH]}.{secrets.token_hex(8)}.part"
        part = self._path.with_name(name)
        descriptor = os.open(part, NEW_FILE, PRIVATE)
        self._part = part
        self._file = os.fdopen(descriptor, "wb")

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)

    def commit(self) -> None:
        part: Path = self._part
        self._file.close()  # flushes; Windows cannot rename an open file
        with contextlib.suppress(OSError):  # no existing file, or a file system without modes
            part.chmod(self._path.stat().st_mode & 0o777)
        self._part = None  # complete and verified: `discard` no longer removes it
        try:
            replace(part, self._path)
        except OSError as error:
            raise TransportError(
                _(
                    "sink: {name} cannot be replaced ({strerror}): another program may have it "
                    "open. The download is complete and saved as {part}; rename it",
                    name=self.name,
                    strerror=error.strerror,
                    part=printable(part),
                )
            ) from error

    def discard(self) -> None:
        part, file, self._part, self._file = self._part, self._file, None, None
        if file is not None:
            with contextlib.suppress(OSError, ValueError):
                file.close()
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink()


class _OpenFile:
    """A caller's file object, written from its current position."""

    def __init__(self, file: Any) -> None:
        self.name = printable(getattr(file, "name", None) or _("the file"))
        self._file = file
        self._begun = False
        self._bounds = _bounds(file)
        self._covered: Any = None  # the overwritten contents after the start position
        if self._covers() and not file.readable():
            raise ConfigurationError(
                _(
                    "sink: {name} contains bytes that the download would overwrite, and cannot "
                    "be read to restore them after a failure: open it with mode 'r+b'",
                    name=self.name,
                )
            )

    def open(self) -> None:
        if not self._begun:
            self._begun = True
            self._bounds = _bounds(self._file)
            if self._bounds is not None and self._covers():
                self._remember(self._bounds[0])
        elif self._bounds is not None:
            self._restore(*self._bounds)
        else:
            raise TransportError(
                _("sink: the file contains part of an earlier attempt and cannot be rewound")
            )

    def write(self, chunk: bytes) -> None:
        if not isinstance(self._file, io.RawIOBase):
            self._file.write(chunk)
            return
        rest = memoryview(chunk)  # an unbuffered file may write fewer bytes
        while rest:
            written = self._file.write(rest)
            if not written:
                raise OSError(_("it does not accept more bytes"))
            rest = rest[written:]

    def commit(self) -> None:
        self._flush()
        self._forget()

    def discard(self) -> None:
        # Ignore errors of the file object: the original error is reported.
        with contextlib.suppress(Exception):
            if self._begun and self._bounds is not None:
                self._restore(*self._bounds)
        self._forget()

    def _covers(self) -> bool:
        """Return whether the body may overwrite existing contents; appended bytes never do."""
        appends = "a" in str(getattr(self._file, "mode", ""))
        return self._bounds is not None and self._bounds[1] > self._bounds[0] and not appends

    def _remember(self, start: int) -> None:
        import tempfile  # needed only for a file with contents

        self._covered = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        while block := self._file.read(BLOCK):
            self._covered.write(block)
        self._file.seek(start)

    def _restore(self, start: int, end: int) -> None:
        self._file.seek(start)
        if self._covered is not None:
            self._covered.seek(0)
            while block := self._covered.read(BLOCK):
                self.write(block)
        self._flush()
        self._file.truncate(end)
        self._file.seek(start)

    def _flush(self) -> None:
        if hasattr(self._file, "flush"):
            self._file.flush()

    def _forget(self) -> None:
        if self._covered is not None:
            self._covered.close()
        self._covered = None
        self._begun = False


def _bounds(file: Any) -> tuple[int, int] | None:
    """Return a file's position and its end, or None if it cannot seek."""
    try:
        if not file.seekable():
            return None
        start = file.tell()
        file.seek(0, os.SEEK_END)
        end = file.tell()
        file.seek(start)
    except Exception:  # noqa: BLE001 - a pipe, a compressed file, an object with only `write`
        return None
    return start, end
