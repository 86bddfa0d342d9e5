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
    """Yield an event that is set when one of the signals arrives during the block.

    Outside the main thread, where Python handles no signals, the event is never set.

    Args:
        signals: such as `signal.SIGINT` and `signal.SIGTERM`.
        wake: called in a separate thread after the event is set.
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
        # or of `threading`. Setting the event here could wait for that lock forever.
        _thread.start_new_thread(stop_and_wake, ())

    before = {each: signal.signal(each, handle) for each in signals}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            # None means that the handler was not installed from Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
