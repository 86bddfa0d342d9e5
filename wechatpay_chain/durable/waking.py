"""Whoever waits for rows is told that there is one; a failure costs a delay, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any

from ..flow import Call

__all__ = ["started", "woken"]

logger = logging.getLogger("wechatpay_chain")
_running: set[Any] = set()
"""Tasks of event loops, which keep no reference to them."""


def woken(wake: Callable[[int], Any] | None, id_: int) -> Generator[Call, Any, None]:
    """Tell it in a job.

    Args:
        wake: the user's function; None where nobody waits.
        id_: of the row.
    """
    try:
        if wake is not None:
            yield Call(wake, id_)
    except Exception as error:  # noqa: BLE001 - a worker's next poll will find the row
        _log(id_, error)


def started(wake: Callable[[int], Any], id_: int) -> None:
    """Tell it where a transaction of the user's was committed.

    What an async function returns is run by the event loop, and not waited for.
    """
    try:
        outcome = wake(id_)
        if hasattr(outcome, "__await__"):
            _schedule(outcome, id_)
    except Exception as error:  # noqa: BLE001 - a worker's next poll will find the row
        _log(id_, error)


def _schedule(awaitable: Any, id_: int) -> None:
    import asyncio  # the loop that awaits has loaded it

    def ended(task: Any) -> None:
        _running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log(id_, error)

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        if hasattr(awaitable, "close"):
            awaitable.close()  # nobody will await it
        raise
    task = asyncio.ensure_future(awaitable, loop=loop)
    _running.add(task)
    task.add_done_callback(ended)


def _log(id_: int, error: BaseException) -> None:
    logger.warning("wake failed, the row %d waits for a poll: %r", id_, type(error))
