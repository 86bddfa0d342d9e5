"""Tracks running calls, and closes their connections without interrupting them.

Each call is registered while it runs. Closing waits a limited time for registered calls, and
rejects new ones meanwhile. Calls on other event loops are neither waited for nor rejected, because
their connections stay open.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Self

from .display import represented
from .exceptions import ConfigurationError
from .translation import _

__all__ = ["GRACE", "Calls", "Closable", "running_loop"]

NO_GRACE = {"grace": 0.0}
GRACE = 10.0
"""Default seconds that closing waits for running calls."""


class Calls:
    """The running calls of one client or transport. Threads and event loops can share one instance.

    Args:
        owner: the name of the closed object in messages, such as "the client".
    """

    # The operations on dict and list used here are atomic, so a call needs no lock.
    __slots__ = ("__weakref__", "_closings", "_loops", "_owner")

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._loops: dict[object, Any] = {}
        self._closings: list[_Closing] = []
        _instances.add(self)

    def start(self, loop: Any = None) -> object:
        """Register a call.

        Args:
            loop: the event loop of an async call, or None for a sync call.

        Returns:
            A token for `finish`.

        Raises:
            ConfigurationError: the owner is being closed.
        """
        call = object()
        self._loops[call] = loop  # first, so that a concurrent closing waits for it
        if self._closings and any(closing.concerns(loop) for closing in self._closings):
            self.finish(call)
            raise ConfigurationError(
                _(
                    "{owner} is being closed and accepts no new calls until then; nothing was "
                    "sent. Call again afterwards, or close it later",
                    owner=self._owner,
                )
            )
        return call

    def finish(self, call: object) -> None:
        """Remove a call."""
        self._loops.pop(call, None)
        if self._closings:
            for closing in tuple(self._closings):
                if not self._has_calls(closing):
                    closing.wake()

    @contextlib.contextmanager
    def closing(self, grace: float | None) -> Iterator[bool]:
        """Wait for the running sync calls, and reject new ones until the block ends.

        The block receives whether all of them have ended.

        Args:
            grace: maximum seconds to wait, or None to wait for all of them.
        """
        import threading  # not every program closes its clients

        _check(grace)
        done = threading.Event()
        closing = _Closing(None, done.set)
        self._closings.append(closing)
        try:
            if self._has_calls(closing):
                done.wait(grace)
            yield not self._has_calls(closing)
        finally:
            self._closings.remove(closing)

    @contextlib.asynccontextmanager
    async def closing_async(self, grace: float | None) -> AsyncIterator[bool]:
        """Wait for the running loop's calls and the sync calls; see `closing`."""
        import asyncio

        _check(grace)
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed, so nobody waits
                loop.call_soon_threadsafe(done.set)

        closing = _Closing(loop, wake)
        self._closings.append(closing)
        try:
            if self._has_calls(closing):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(grace):
                        await done.wait()
            yield not self._has_calls(closing)
        finally:
            self._closings.remove(closing)

    def _has_calls(self, closing: _Closing) -> bool:
        return any(closing.concerns(loop) for loop in tuple(self._loops.values()))

    def forget(self) -> None:
        """Drop all calls: after a fork, their threads exist only in the parent process."""
        self._loops.clear()
        self._closings.clear()


class Closable:
    """An object with running calls and an optional transport of its own that can be closed."""

    __slots__ = ()

    _calls: Calls
    _own_transport: Any

    def close(self, grace: float | None = GRACE) -> None:
        """Close the connections of sync calls after the running ones have ended.

        A `transport` passed by the caller stays open; close it yourself. New calls are rejected
        until this method returns; later calls open new connections.

        Args:
            grace: seconds to wait for running calls; None waits for all of them.
        """
        with self._calls.closing(grace) as ended:
            if self._own_transport is not None:
                self._own_transport.close(**{} if ended else NO_GRACE)

    async def aclose(self, grace: float | None = GRACE) -> None:
        """Close the running loop's connections and those of sync calls, as `close` does.

        Args:
            grace: seconds to wait for running calls; async calls are then aborted.
        """
        async with self._calls.closing_async(grace) as ended:
            if self._own_transport is not None:
                await self._own_transport.aclose(**{} if ended else NO_GRACE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ignored: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_ignored: object) -> None:
        await self.aclose()


def running_loop() -> Any:
    """Return the event loop that runs the coroutine."""
    import asyncio  # already loaded by a running loop; other programs do not need it

    return asyncio.get_running_loop()


class _Closing:
    """A caller that waits for calls to end.

    Args:
        loop: the event loop of the calls to wait for in addition to sync calls, or None.
        wake: ends the wait; may be called from any thread, and more than once.
    """

    __slots__ = ("_loop", "wake")

    def __init__(self, loop: Any, wake: Callable[[], None]) -> None:
        self._loop = loop
        self.wake = wake

    def concerns(self, loop: Any) -> bool:
        return loop is None or loop is self._loop


_instances: weakref.WeakSet[Calls] = weakref.WeakSet()


def _forget_all() -> None:
    for calls in tuple(_instances):
        calls.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _check(grace: Any) -> None:
    if grace is None or (isinstance(grace, int | float) and grace >= 0):
        return
    raise ConfigurationError(
        _(
            "grace={represented}: expected seconds of 0 or more, or None to wait for all calls",
            represented=represented(grace),
        )
    )
