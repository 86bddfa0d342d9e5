"""One call does what many need, and the others wait for it, in whatever thread or event loop.

A call boards the flight that is under way, or a new one that it then flies itself. Those who wait
learn how it ended. Where the call that flew was cancelled, nothing was learnt, and one of those who
waited flies again.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeAlias

from ..flow import Effect, Wait
from ..utils.exceptions import WeChatPayError
from ..utils.translation import _

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["Flight", "SingleFlight", "Steps"]

Steps: TypeAlias = Generator[Effect, Any, WeChatPayError | None]
"""A part of a flow; what went wrong is its outcome."""


class Outcome:
    """How a flight ended.

    Args:
        error: what went wrong.
        dropped: whether the call that flew was cancelled.
    """

    __slots__ = ("dropped", "error")

    def __init__(self, error: WeChatPayError | None = None, *, dropped: bool = False) -> None:
        self.error = error
        self.dropped = dropped


class Flight:
    """What one call does for others.

    Attributes:
        mine: whether the call that boarded it flies it, once.
    """

    __slots__ = ("future", "thread")

    def __init__(self) -> None:
        from concurrent.futures import Future  # rare
        from threading import get_ident

        self.thread = get_ident()
        self.future: Future[Outcome] = Future()
        self.future.set_running_or_notify_cancel()  # whoever gives up waiting does not end it

    def wait(self) -> Steps:
        """Wait for the end; the outcome is what went wrong, and None where nothing was learnt."""
        outcome = yield Wait(self.future, self.thread)
        if outcome is None:
            return WeChatPayError(
                _(
                    "an async call of this very thread does it, and a sync call cannot wait for "
                    "that: use the _async form within an event loop"
                )
            )
        error: WeChatPayError | None = outcome.error
        return error


class SingleFlight:
    """At most one flight at a time. Threads and event loops may share one."""

    __slots__ = ("__weakref__", "_flight", "lock")

    def __init__(self) -> None:
        from threading import Lock  # a lock is no I/O

        self.lock = Lock()
        self._flight: Flight | None = None
        _instances.add(self)

    def board(self, may_start: Callable[[], bool] | None = None) -> tuple[Flight | None, bool]:
        """The flight that is under way, or a new one, and whether the caller must `fly` it.

        Args:
            may_start: whether a new one may begin; where it says no, there is None.
        """
        with self.lock:
            if self._flight is not None:
                return self._flight, False
            if may_start is not None and not may_start():
                return None, False
            self._flight = Flight()
            return self._flight, True

    def fly(
        self,
        flight: Flight | None,
        steps: Callable[[], Generator[Effect, Any, None]],
        dropped: Callable[[], None] = lambda: None,
    ) -> Steps:
        """Do it; the outcome is what went wrong.

        Args:
            flight: as `board` gave it.
            steps: what is to be done.
            dropped: is called when the call was cancelled, before anybody else learns of it.
        """
        if flight is None:
            raise AssertionError(_("a flight that was boarded is expected"))
        outcome = Outcome(dropped=True)
        try:
            yield from steps()
            outcome = Outcome()
        except WeChatPayError as error:
            outcome = Outcome(error)
        except Exception as error:  # noqa: BLE001 - a layer of the user's; it is told as a failure
            foreign = WeChatPayError(f"{type(error).__name__}: {error}")
            foreign.__cause__ = error
            outcome = Outcome(foreign)
        finally:  # a cancelled call ends here as well
            with self.lock:
                if self._flight is flight:
                    self._flight = None
                if outcome.dropped:
                    dropped()
            flight.future.set_result(outcome)
        return outcome.error

    def forget(self) -> None:
        """Drop the flight of another process: after a fork its thread exists in the parent only."""
        from threading import Lock

        self.lock, self._flight = Lock(), None


_instances: weakref.WeakSet[SingleFlight] = weakref.WeakSet()


def _forget_all() -> None:
    for each in tuple(_instances):
        each.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
