"""Work that would hold up an event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

__all__ = ["in_thread"]


async def in_thread(work: Callable[[], object]) -> None:
    """Run a function off the loop; never return while it runs, not even cancelled."""
    running = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        running.exception()  # seen, if there was one: being cancelled is what counts
        raise
