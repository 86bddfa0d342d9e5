"""Files and directories that only this user can access.

If other users can write to a directory, they can create a file in advance with a name that the
library will use, as a link to another file or with an unsafe mode. This module therefore creates
files exclusively, never follows links, and does not use files of other users.

Sources: https://cwe.mitre.org/data/definitions/59.html (links), CWE-377 (temporary files)
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .files import replace
from .translation import _

__all__ = [
    "NotPrivate",
    "claim",
    "is_there",
    "make",
    "make_directory",
    "open_to_lock",
    "read",
    "readable_file",
    "write",
]

IN_MEMORY = "/proc/self/fd"
LARGEST = 1024 * 1024
"""Maximum bytes of a file that is read at once; a key has a few thousand."""
NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""Prevents waiting for a pipe that was created with the file's name."""


class NotPrivate(OSError):
    """A file or directory that other users can access; `strerror` gives the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(errno.EPERM, reason, str(path))


def make_directory(directory: Path) -> None:
    """Create a directory that only its owner can enter, if it does not exist.

    Raises:
        NotPrivate: it exists and belongs to another user, or is writable by everyone.
        OSError: it cannot be created.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check(directory, directory.lstat())
    _check(directory, directory.stat())


def is_there(directory: Path) -> bool:
    """Return whether a directory exists and is not a link.

    Raises:
        NotPrivate: other users can access it.
    """
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        raise NotPrivate(directory, _("it is a link or a file; expected a directory"))
    _check(directory, found)
    return True


def write(path: Path, content: bytes) -> None:
    """Atomically write a file that only its owner can read."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    handle = make(part)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def make(path: Path) -> int:
    """Create a new file that only its owner can read; returns its writable descriptor.

    Raises:
        FileExistsError: the name exists, possibly as a link.
        OSError: the file cannot be created.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK, 0o600)


def read(path: Path) -> bytes:
    """Read a file.

    Raises:
        NotPrivate: it is a link, belongs to another user, or is not a regular file.
        OSError: it cannot be read.
    """
    with os.fdopen(_open(path, os.O_RDONLY | NO_WAIT), "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NotPrivate(path, _("it has more than {largest} bytes", largest=LARGEST))
    return content


def open_to_lock(path: Path) -> int:
    """Open a file, and create it if it does not exist; returns its descriptor.

    Raises:
        NotPrivate: it is a link, belongs to another user, or is not a regular file.
        OSError: it cannot be written.
    """
    return _open(path, os.O_RDWR | os.O_CREAT | NO_WAIT)


def claim(path: Path, *beside: str) -> None:
    """Check that a file belongs to this user before a library opens it; create it if necessary.

    Args:
        path: the path of the file.
        beside: suffixes of related files, which are checked if they exist.

    Raises:
        NotPrivate: a file is a link, belongs to another user, or is not a regular file.
        OSError: the file cannot be written.
    """
    os.close(_open(path, os.O_RDWR | os.O_CREAT | NO_WAIT))
    for ending in beside:
        further = path.with_name(f"{path.name}{ending}")
        if os.path.lexists(further):
            os.close(_open(further, os.O_RDWR | NO_WAIT))


def _open(path: Path, flags: int) -> int:
    try:
        handle = os.open(path, flags | NO_LINK, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise NotPrivate(path, _("it is a symbolic link")) from None
        raise
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise NotPrivate(path, _("it is not a file"))
        _check(path, found)
        if flags & os.O_CREAT and stat.S_IMODE(found.st_mode) & 0o077 and hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _check(path: Path, found: os.stat_result) -> None:
    """Check that a file belongs to this user, and is not writable by everyone."""
    if not hasattr(os, "geteuid"):
        return  # Windows does not have these owners and modes
    if found.st_uid != os.geteuid():
        raise NotPrivate(path, _("it belongs to another user, {st_uid}", st_uid=found.st_uid))
    if found.st_mode & stat.S_IWOTH and not stat.S_ISLNK(found.st_mode):
        raise NotPrivate(path, _("every user can write to it"))


@contextmanager
def readable_file(content: bytes) -> Iterator[str]:
    """Yield the path of a temporary file, for a library that only accepts paths.

    Only this user can read the file, and it is removed after the block.

    On Linux, the file is in memory (memfd_create(2)), so it also works with a read-only file
    system, as in some containers. On other systems, it is in a temporary folder.

    Args:
        content: the contents of the file.

    Raises:
        OSError: no temporary folder is writable.
    """
    handle = _memory_file(content)
    if handle is not None:
        try:
            yield f"{IN_MEMORY}/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "content")
        path.write_bytes(content)
        yield str(path)


def _memory_file(content: bytes) -> int | None:
    """Return the descriptor of a file in memory, or None if the system does not support it."""
    if not hasattr(os, "memfd_create"):
        return None
    try:
        handle = os.memfd_create("content")
    except OSError:  # a sandbox may forbid it
        return None
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(content)
        os.close(os.open(f"{IN_MEMORY}/{handle}", os.O_RDONLY))  # fails without /proc
    except OSError:
        os.close(handle)
        return None
    return handle
