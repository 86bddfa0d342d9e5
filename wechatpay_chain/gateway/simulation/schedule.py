"""Later events: scheduled notifications, and records that become due.

An operation cannot wait. What it knows will happen, and can still be kept from happening, is put
into the outbox as of that moment; the sender delivers it then, also after a restart. What has
become due is stored when somebody asks for it: a product registers what does that with `settles`.
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
    """Register a function that stores the due state changes of a product."""
    _settling.append(function)
    return function


def settle_due(state: State) -> None:
    """Store what has become due in all products, so that the ledger has it."""
    for each in _settling:
        each(state)


def outbox_at(state: State, moment: float) -> Outbox:
    """Return an outbox whose notifications are dated and sent at a later moment."""
    scheduled = Outbox(state.store, Clock(real=lambda: moment), lambda: state.identity)
    scheduled.changed = lambda: state.outbox.changed()
    return scheduled


def withdraw(state: State, number: str) -> None:
    """Withdraw a notification that is scheduled for later."""
    notice = state.outbox.get(number)
    if notice is not None and notice["next"] is not None:
        state.outbox.forget(number, notice["next"])
    state.store.delete("notice", number)
    state.store.delete("pending", number)
