"""A lock on a file between processes; the system releases it when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
import weakref
from pathlib import Path

from .private_files import open_to_lock
from .translation import _

__all__ = ["Held", "Lock"]

if sys.platform == "win32":
    import errno
    import msvcrt

    FAR = 2**30
    """The position of the locked byte: locked bytes cannot be read, but the pid must be
    readable."""

    def _take(handle: int, wait: bool) -> None:
        try:
            while True:
                os.lseek(handle, FAR, os.SEEK_SET)
                try:
                    msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                    return
                except OSError as error:
                    if not wait or error.errno != errno.EDEADLOCK:  # each attempt waits ten seconds
                        raise
        finally:
            os.lseek(handle, 0, os.SEEK_SET)

    def _give_up(handle: int, remove: Path | None) -> None:
        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # on closing, the system unlocks later
        os.close(handle)
        if remove is not None:
            with contextlib.suppress(OSError):  # another process has it open and will remove it
                remove.unlink()

else:
    import fcntl

    def _take(handle: int, wait: bool) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def _give_up(handle: int, remove: Path | None) -> None:
        if remove is not None:
            with contextlib.suppress(OSError):
                remove.unlink()
        os.close(handle)


class Held(Exception):
    """Another process holds the lock.

    Attributes:
        pid: the process id written by the holder; empty if it has not written it yet.
    """

    def __init__(self, pid: str) -> None:
        super().__init__(
            _("process {pid} holds the lock", pid=pid) if pid else _("the lock is held")
        )
        self.pid = pid


class Lock:
    """Holds a file's lock until `release` or the end of the process.

    Args:
        path: the path of the file; it is created if it does not exist.
        wait: wait until the current holder releases it.
        remove: remove the file on release; otherwise it is kept.

    Raises:
        Held: another process holds the lock.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, *, wait: bool = False, remove: bool = False) -> None:
        handle = _taken(path, wait)
        while remove and not _is_at(handle, path):  # it was removed while being opened here
            os.close(handle)
            handle = _taken(path, wait)
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._end = weakref.finalize(self, _give_up, handle, path if remove else None)

    def release(self) -> None:
        """Release the lock; a second call does nothing."""
        self._end()


def _taken(path: Path, wait: bool) -> int:
    handle = open_to_lock(path)
    try:
        _take(handle, wait)
    except OSError as error:
        pid = os.read(handle, 20).decode("ascii", "replace").strip()
        pid = pid if pid.isdecimal() else ""
        os.close(handle)
        if wait:
            raise
        raise Held(pid) from error
    return handle


def _is_at(handle: int, path: Path) -> bool:
    """Return whether an open file is still the one at its path."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
