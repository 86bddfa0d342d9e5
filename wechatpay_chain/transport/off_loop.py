"""Runs work that would block an event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

__all__ = ["in_thread"]


async def in_thread(work: Callable[[], object]) -> None:
    """Run a function in a thread; do not return before it has ended, even if cancelled."""
    running = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        running.exception()  # retrieve its exception: the cancellation takes precedence
        raise
