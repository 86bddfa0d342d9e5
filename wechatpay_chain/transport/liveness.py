"""Whether something came on an idle connection: bytes that nobody asked for, or its end."""

from __future__ import annotations

import select
from typing import Protocol

__all__ = ["is_readable"]


class HasFileno(Protocol):
    """A socket, or what stands for one."""

    def fileno(self) -> int: ...


def is_readable(sock: HasFileno) -> bool:
    """Whether a read would return at once; a socket that is closed counts as well."""
    number = sock.fileno()
    if number < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([number], (), (), 0)[0])  # Windows has no poll
