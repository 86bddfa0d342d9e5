"""A file with some content, for a library that opens a path and takes no bytes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["readable_file"]

IN_MEMORY = "/proc/self/fd"


@contextmanager
def readable_file(content: bytes) -> Iterator[str]:
    """The path of a file that only this user reads, and that is gone after the block.

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
