"""Future events: notifications that are scheduled in advance, and records that become due.

An operation cannot wait. It adds a future event that can still be cancelled to the outbox, dated to
its time; the sender delivers it then, even after a restart. Due changes of records are stored at
the next access, by functions that products register with `settles`.
"""

from __future__ import annotations

from collections.abc import Callable

from ..notifications.outbox import Outbox
from ..state import State
from ..store.clock import Clock

__all__ = ["outbox_at", "settle_due", "settles", "withdraw"]

Settle = Callable[[State], None]

_settling: list[Settle] = []


def settles(function: Settle) -> Settle:
    """Register a function that stores the due changes of a product's records."""
    _settling.append(function)
    return function


def settle_due(state: State) -> None:
    """Store the due changes of all products, so that the ledger contains them."""
    for each in _settling:
        each(state)


def outbox_at(state: State, moment: float) -> Outbox:
    """Return the outbox at a future time, at which its messages are dated and sent."""
    scheduled = Outbox(state.store, Clock(real=lambda: moment), lambda: state.identity)
    scheduled.changed = lambda: state.outbox.changed()
    return scheduled


def withdraw(state: State, number: str) -> None:
    """Cancel a notification that is not due yet."""
    notice = state.outbox.get(number)
    if notice is not None and notice["next"] is not None:
        state.outbox.forget(number, notice["next"])
    state.store.delete("notice", number)
    state.store.delete("pending", number)
