"""Notifications of what will have happened: made now, delivered when the time has come.

An operation cannot wait. What it knows will happen, and can still be kept from happening, is put
into the outbox as of that moment; the sender delivers it then, also after a restart.
"""

from __future__ import annotations

from ..notifications.outbox import Outbox
from ..state import State
from ..store.clock import Clock

__all__ = ["outbox_at", "withdraw"]


def outbox_at(state: State, moment: float) -> Outbox:
    """The outbox as it will be: what is posted to it has that moment's date, and leaves then."""
    scheduled = Outbox(state.store, Clock(real=lambda: moment), lambda: state.identity)
    scheduled.changed = lambda: state.outbox.changed()
    return scheduled


def withdraw(state: State, number: str) -> None:
    """Take back a notification whose moment has not come."""
    notice = state.outbox.get(number)
    if notice is not None and notice["next"] is not None:
        state.outbox.forget(number, notice["next"])
    state.store.delete("notice", number)
    state.store.delete("pending", number)
