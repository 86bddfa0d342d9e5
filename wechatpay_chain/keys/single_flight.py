"""Deduplicates work: one call does it, and concurrent calls wait, in any thread or event loop.

A call joins the running flight or starts a new one that it runs itself. Waiting calls receive its
outcome. If the running call is cancelled, there is no outcome, and one of the waiting calls starts
again.
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
"""A part of a flow; its outcome is the error, or None."""


class Outcome:
    """The end of a flight.

    Args:
        error: the error, if any.
        dropped: whether the call that ran the flight was cancelled.
    """

    __slots__ = ("dropped", "error")

    def __init__(self, error: WeChatPayError | None = None, *, dropped: bool = False) -> None:
        self.error = error
        self.dropped = dropped


class Flight:
    """Work that one call does for several.

    Attributes:
        mine: whether the call that joined it must run it, once.
    """

    __slots__ = ("future", "thread")

    def __init__(self) -> None:
        from concurrent.futures import Future  # rarely needed
        from threading import get_ident

        self.thread = get_ident()
        self.future: Future[Outcome] = Future()
        self.future.set_running_or_notify_cancel()  # a caller that stops waiting does not cancel it

    def wait(self) -> Steps:
        """Wait for the end; the outcome is the error, or None if there is none."""
        outcome = yield Wait(self.future, self.thread)
        if outcome is None:
            return WeChatPayError(
                _(
                    "an async call in this thread is already downloading, and a sync call cannot "
                    "wait for it: use the _async form in an event loop"
                )
            )
        error: WeChatPayError | None = outcome.error
        return error


class SingleFlight:
    """Runs at most one flight at a time. Threads and event loops can share one instance."""

    __slots__ = ("__weakref__", "_flight", "lock")

    def __init__(self) -> None:
        from threading import Lock  # a lock is no I/O

        self.lock = Lock()
        self._flight: Flight | None = None
        _instances.add(self)

    def board(self, may_start: Callable[[], bool] | None = None) -> tuple[Flight | None, bool]:
        """Return the running flight or a new one, and whether the caller must `fly` it.

        Args:
            may_start: returns whether a new flight may begin; if not, the flight is None.
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
        """Run the flight; the outcome is the error, or None.

        Args:
            flight: the flight returned by `board`.
            steps: the work.
            dropped: called if the call was cancelled, before waiting calls are informed.
        """
        if flight is None:
            raise AssertionError(_("expected a call that has already joined"))
        outcome = Outcome(dropped=True)
        try:
            yield from steps()
            outcome = Outcome()
        except WeChatPayError as error:
            outcome = Outcome(error)
        except Exception as error:  # noqa: BLE001 - a user's layer; reported as a failure
            foreign = WeChatPayError(f"{type(error).__name__}: {error}")
            foreign.__cause__ = error
            outcome = Outcome(foreign)
        finally:  # a cancelled call also ends here
            with self.lock:
                if self._flight is flight:
                    self._flight = None
                if outcome.dropped:
                    dropped()
            flight.future.set_result(outcome)
        return outcome.error

    def forget(self) -> None:
        """Drop a flight of the parent process: its thread does not exist after a fork."""
        from threading import Lock

        self.lock, self._flight = Lock(), None


_instances: weakref.WeakSet[SingleFlight] = weakref.WeakSet()


def _forget_all() -> None:
    for each in tuple(_instances):
        each.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
