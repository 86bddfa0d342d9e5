"""A lock that processes hold on a file; the system takes it back when its holder dies."""

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
    """Where the locked byte is: nobody can read one that is locked, and the pid is to be read."""

    def _take(handle: int, wait: bool) -> None:
        try:
            while True:
                os.lseek(handle, FAR, os.SEEK_SET)
                try:
                    msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                    return
                except OSError as error:
                    if not wait or error.errno != errno.EDEADLOCK:  # it waits ten seconds at a time
                        raise
        finally:
            os.lseek(handle, 0, os.SEEK_SET)

    def _give_up(handle: int, remove: Path | None) -> None:
        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # the system does so some time after the closing
        os.close(handle)
        if remove is not None:
            with contextlib.suppress(OSError):  # somebody has it open: it is theirs to remove
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
    """Somebody else holds the lock.

    Attributes:
        pid: of the process, as it wrote it down; empty where it did not yet.
    """

    def __init__(self, pid: str) -> None:
        super().__init__(
            _("process {pid} holds the lock", pid=pid) if pid else _("the lock is held")
        )
        self.pid = pid


class Lock:
    """Hold a file's lock, until `release` or the end of the process.

    Args:
        path: of the file; it is made if it is missing.
        wait: until whoever holds it lets go.
        remove: the file when it is let go; else it is left behind.

    Raises:
        Held: somebody else holds it.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, *, wait: bool = False, remove: bool = False) -> None:
        handle = _taken(path, wait)
        while remove and not _is_at(handle, path):  # removed while it was opened here
            os.close(handle)
            handle = _taken(path, wait)
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._end = weakref.finalize(self, _give_up, handle, path if remove else None)

    def release(self) -> None:
        """Let go; a second time does nothing."""
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
    """Whether a file that is open is still the one under its name."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
