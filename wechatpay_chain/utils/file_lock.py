"""A lock that processes hold on a file; the system takes it back when its holder dies."""

from __future__ import annotations

import os
import sys
import weakref
from pathlib import Path

from .private_files import open_to_lock

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

    def _give_up(handle: int) -> None:
        os.lseek(handle, FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)  # the system does so some time after the closing
        os.close(handle)

else:
    import fcntl

    def _take(handle: int, wait: bool) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def _give_up(handle: int) -> None:
        os.close(handle)


class Held(Exception):
    """Somebody else holds the lock.

    Attributes:
        pid: of the process, as it wrote it down; empty where it did not yet.
    """

    def __init__(self, pid: str) -> None:
        super().__init__(f"process {pid} holds the lock" if pid else "the lock is held")
        self.pid = pid


class Lock:
    """Hold a file's lock, until `release` or the end of the process.

    Args:
        path: of the file; it is made if it is missing, and left behind.
        wait: until whoever holds it lets go.

    Raises:
        Held: somebody else holds it.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, *, wait: bool = False) -> None:
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
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._end = weakref.finalize(self, _give_up, handle)

    def release(self) -> None:
        """Let go; a second time does nothing."""
        self._end()
