"""SIGINT and SIGTERM as an event, for programs that stop at the next safe point."""

from __future__ import annotations

import _thread
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event

__all__ = ["stopped_by"]


@contextmanager
def stopped_by(
    *signals: signal.Signals, wake: Callable[[], object] | None = None
) -> Iterator[Event]:
    """An event that the given signals set while the block runs.

    Outside the main thread, where Python handles no signals, the event is never set.

    Args:
        signals: `signal.SIGINT` and `signal.SIGTERM`, say.
        wake: called after the event is set, in a thread of its own.
    """
    import threading  # an event is no I/O

    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def stop_and_wake() -> None:
        stop.set()
        if wake is not None:
            wake()

    def handle(*_ignored: object) -> None:
        # The handler interrupts the main thread, which may hold the lock of the event, of `wake`
        # or of `threading`: setting the event right here would wait for that lock without end.
        _thread.start_new_thread(stop_and_wake, ())

    before = {each: signal.signal(each, handle) for each in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            # None stands for a handler that was not installed from Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
