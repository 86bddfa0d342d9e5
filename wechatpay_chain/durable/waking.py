"""Calls `wake` functions for new rows; a failure only delays their processing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any

from ..flow import Call

__all__ = ["started", "woken"]

logger = logging.getLogger("wechatpay_chain")
_running: set[Any] = set()
"""Running tasks, because event loops keep no strong reference to them."""


def woken(wake: Callable[[int], Any] | None, id_: int) -> Generator[Call, Any, None]:
    """Call a wake function in a job.

    Args:
        wake: the user's function, or None.
        id_: the id of the row.
    """
    try:
        if wake is not None:
            yield Call(wake, id_)
    except Exception as error:  # noqa: BLE001 - a worker's next poll will find the row
        _log(id_, error)


def started(wake: Callable[[int], Any], id_: int) -> None:
    """Call a wake function after a user's transaction was committed.

    An awaitable result is run by the event loop, without waiting for it.
    """
    try:
        outcome = wake(id_)
        if hasattr(outcome, "__await__"):
            _schedule(outcome, id_)
    except Exception as error:  # noqa: BLE001 - a worker's next poll will find the row
        _log(id_, error)


def _schedule(awaitable: Any, id_: int) -> None:
    import asyncio  # already loaded by the loop that awaits

    def ended(task: Any) -> None:
        _running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log(id_, error)

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        if hasattr(awaitable, "close"):
            awaitable.close()  # never awaited
        raise
    task = asyncio.ensure_future(awaitable, loop=loop)
    _running.add(task)
    task.add_done_callback(ended)


def _log(id_: int, error: BaseException) -> None:
    logger.warning("wake failed, the row %d waits for a poll: %r", id_, type(error))
