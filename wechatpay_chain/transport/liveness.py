"""Checks whether a socket is ready, through the operating system."""

from __future__ import annotations

import math
import select
from typing import Protocol

__all__ = ["is_readable", "is_ready"]


class HasFileno(Protocol):
    """A socket, or a socket-like object."""

    def fileno(self) -> int: ...


def is_readable(sock: HasFileno) -> bool:
    """Return whether a read would not block: unsolicited bytes arrived, or the connection ended.

    A closed socket also counts as readable.
    """
    number = sock.fileno()
    return number < 0 or is_ready(number, 0)


def is_ready(number: int, seconds: float | None, *, to_write: bool = False) -> bool:
    """Return whether a socket is readable or writable.

    Args:
        number: its file descriptor.
        seconds: seconds to wait, or None for no limit.
        to_write: check for writing instead of reading.
    """
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(number, select.POLLOUT if to_write else select.POLLIN)
        return bool(poll.poll(None if seconds is None else math.ceil(seconds * 1000)))
    to_read, to_be_written = ((), (number,)) if to_write else ((number,), ())
    return any(select.select(to_read, to_be_written, (), seconds))  # Windows has no poll
