"""Slots that limit open connections: a call holds one until its connection is released."""

from __future__ import annotations

from typing import Any

from ..messages.response import Releasable, Response

__all__ = ["occupy"]


class _Slot:
    """A connection outside its pool, with the slot that it occupies."""

    __slots__ = ("_connection", "_slots")

    def __init__(self, connection: Releasable | None, slots: Any) -> None:
        self._connection = connection
        self._slots = slots

    def release(self, keep: bool, /) -> None:
        slots, self._slots = self._slots, None
        if slots is None:
            return
        try:
            if self._connection is not None:
                self._connection.release(keep)
        finally:
            slots.release()

    def __del__(self) -> None:
        self.release(False)


def occupy(response: Response, slots: Any) -> Response:
    """Return the response, which will release its slot with its connection.

    Args:
        response: a response, with its connection if it holds one.
        slots: a semaphore; `release` is called once.
    """
    response.connection = _Slot(response.connection, slots)
    return response
