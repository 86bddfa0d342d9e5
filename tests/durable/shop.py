"""What tests of the durable parts have in common: a shop's transactions, and time that they set."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.durable.worlds import World


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


def transaction(world: World) -> AbstractAsyncContextManager[Any]:
    """A transaction of the shop's, which is committed at the end of the block."""
    return world.transaction()


async def record(world: World, method: Any, *arguments: Any, **options: Any) -> Any:
    """Call a method that takes a session, in a transaction of its own."""
    async with transaction(world) as session:
        return await world.call(method, session, *arguments, **options)
