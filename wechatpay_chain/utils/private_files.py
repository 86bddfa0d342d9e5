"""Files and directories that are this user's alone.

Where others may write, they may lay a file in advance under a name that the library is going to
use: a link to another file, or a file with another mode. So this module creates files
exclusively, never follows links, and uses no file of another user.

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
"""Bytes of a file that is read whole; a key has a few thousand."""
NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
NO_WAIT = getattr(os, "O_NONBLOCK", 0)
"""A pipe that was laid under a name would be waited for."""


class NotPrivate(OSError):
    """A file or directory that is not this user's alone; `strerror` says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(errno.EPERM, reason, str(path))


def make_directory(directory: Path) -> None:
    """Make a directory, if it is missing, that its owner alone may enter.

    Raises:
        NotPrivate: it is there, and belongs to another user, or anybody may write to it.
        OSError: it cannot be made.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check(directory, directory.lstat())
    _check(directory, directory.stat())


def is_there(directory: Path) -> bool:
    """Whether there is such a directory, and no link.

    Raises:
        NotPrivate: there is, and it is not this user's alone.
    """
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        raise NotPrivate(directory, _("it is a link, or a file, where a directory is expected"))
    _check(directory, found)
    return True


def write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
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
    """A descriptor of a new file, to be written, that its owner alone reads.

    Raises:
        FileExistsError: there is something under that name, be it a link.
        OSError: it cannot be made.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK, 0o600)


def read(path: Path) -> bytes:
    """The content of a file.

    Raises:
        NotPrivate: it is a link, another user's, or no file at all.
        OSError: it cannot be read.
    """
    with os.fdopen(_open(path, os.O_RDONLY | NO_WAIT), "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NotPrivate(path, _("it has more than {largest} bytes", largest=LARGEST))
    return content


def open_to_lock(path: Path) -> int:
    """A descriptor of a file that is made if it is missing.

    Raises:
        NotPrivate: it is a link, another user's, or no file at all.
        OSError: it cannot be written.
    """
    return _open(path, os.O_RDWR | os.O_CREAT | NO_WAIT)


def claim(path: Path, *beside: str) -> None:
    """See that a file is this user's, and make it if it is missing, for a library that opens it.

    Args:
        path: of the file.
        beside: endings of the names of further files, which are looked at where they are there.

    Raises:
        NotPrivate: one of them is a link, another user's, or no file at all.
        OSError: it cannot be written.
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
            raise NotPrivate(path, _("it is no file"))
        _check(path, found)
        if flags & os.O_CREAT and stat.S_IMODE(found.st_mode) & 0o077 and hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _check(path: Path, found: os.stat_result) -> None:
    """See that something belongs to this user, and that not everybody may write to it."""
    if not hasattr(os, "geteuid"):
        return  # Windows has no such owners and modes
    if found.st_uid != os.geteuid():
        raise NotPrivate(path, _("it belongs to another user, {st_uid}", st_uid=found.st_uid))
    if found.st_mode & stat.S_IWOTH and not stat.S_ISLNK(found.st_mode):
        raise NotPrivate(path, _("everybody may write to it"))


@contextmanager
def readable_file(content: bytes) -> Iterator[str]:
    """The path of a file for a library that opens a path and takes no bytes.

    Only this user can read the file, and it is gone after the block.

    On Linux it is in memory (memfd_create(2)), so that it works where no file can be written, as in
    a container with a read-only file system. Elsewhere it is in a temporary folder.

    Args:
        content: of the file.

    Raises:
        OSError: no temporary folder can be written to.
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
    """The descriptor of a file in memory; None where the system has none that can be opened."""
    if not hasattr(os, "memfd_create"):
        return None
    try:
        handle = os.memfd_create("content")
    except OSError:  # a sandbox may forbid it
        return None
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(content)
        os.close(os.open(f"{IN_MEMORY}/{handle}", os.O_RDONLY))  # fails where there is no /proc
    except OSError:
        os.close(handle)
        return None
    return handle
