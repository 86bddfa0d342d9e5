"""Whether a socket is ready, asked of the system."""

from __future__ import annotations

import math
import select
from typing import Protocol

__all__ = ["is_readable", "is_ready"]


class HasFileno(Protocol):
    """A socket, or what stands for one."""

    def fileno(self) -> int: ...


def is_readable(sock: HasFileno) -> bool:
    """Whether a read would return at once: something came that nobody asked for, or the end.

    A socket that is closed counts as well.
    """
    number = sock.fileno()
    return number < 0 or is_ready(number, 0)


def is_ready(number: int, seconds: float | None, *, to_write: bool = False) -> bool:
    """Whether a socket can be read or written.

    Args:
        number: its file descriptor.
        seconds: to wait for that, or None for no end.
        to_write: to be written, not read.
    """
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(number, select.POLLOUT if to_write else select.POLLIN)
        return bool(poll.poll(None if seconds is None else math.ceil(seconds * 1000)))
    to_read, to_be_written = ((), (number,)) if to_write else ((number,), ())
    return any(select.select(to_read, to_be_written, (), seconds))  # Windows has no poll
