"""The money view: the accounts of a merchant, and the flows of a day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from ...control.controls import Controls
from ...control.handlers import json_response, local
from ...simulation.schedule import settle_due
from ...state import State
from ...store.ledger import Imbalance
from .scope import Scope, scope_of

__all__ = ["flows_of", "money_of", "routes"]

OUTSIDE = ("payer", "bank", "sharer", "receiver", "user", "wechatpay")
"""The accounts of external parties."""
PENDING = ("frozen", "refunding", "transit", "withdrawing", "budget")
"""The accounts of pending money."""
SHOWN = 500
"""Maximum number of listed entries of a day."""

Entry = dict[str, Any]


def routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the route of the money view."""

    async def money(request: web.Request) -> web.StreamResponse:
        """Return accounts, flows and entries of a merchant on `?day=` (by default, today)."""
        scope, day = scope_of(gateway, request), request.query.get("day", "")
        # In a thread, because a day can have many entries.
        return json_response(await asyncio.to_thread(money_of, scope, day))

    return [web.get("/_gateway/console/money", local(money))]


def money_of(scope: Scope, day: str = "") -> dict[str, Any]:
    """Return accounts, flows and entries of a day.

    Args:
        scope: the scope of the merchant, or of one of its sub-merchants.
        day: a day such as `2026-11-20`; empty means today.
    """
    state = scope.state
    day = day or state.clock.date()
    with state.store.transaction():
        settle_due(state)
        balances, days = state.ledger.balances(), state.ledger.days()
        entries = [each for each in state.ledger.entries(day) if _is_of(each, scope)]
        error = _imbalance(state)
    changes = _changes(entries)
    return {
        "mchid": state.mchid,
        "day": day,
        "today": state.clock.date(),
        "days": days[::-1],
        "accounts": [
            {
                "account": name,
                "role": _role(name),
                "balance": balance,
                "opening": state.ledger.opening(day, (name,)),
                "change": changes.get(name, 0),
            }
            for name, balance in balances.items()
            if not scope.sub_mchid or name in changes or _owner(name) == scope.sub_mchid
        ],
        "flows": flows_of(entries),
        "entries": entries[::-1][:SHOWN],
        "count": len(entries),
        "error": error,
    }


def flows_of(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return the sums of entries by kind and by their two accounts, the largest first."""
    sums: dict[tuple[str, str, str], list[int]] = {}
    for entry in entries:
        key = entry["source"], entry["target"], entry["kind"]
        found = sums.setdefault(key, [0, 0])
        found[0] += entry["amount"]
        found[1] += 1
    flows = [
        {"source": source, "target": target, "kind": kind, "amount": amount, "count": count}
        for (source, target, kind), (amount, count) in sums.items()
    ]
    return sorted(flows, key=lambda each: -int(each["amount"]))


def _role(account: str) -> str:
    kind = account.partition(":")[0]
    return "outside" if kind in OUTSIDE else "pending" if kind in PENDING else "own"


def _changes(entries: Iterable[Entry]) -> dict[str, int]:
    """Return the changes that entries make to each of their accounts."""
    changes: dict[str, int] = {}
    for entry in entries:
        for account, amount in (
            (entry["source"], -entry["amount"]),
            (entry["target"], entry["amount"]),
        ):
            changes[account] = changes.get(account, 0) + amount
    return changes


def _owner(account: str) -> str:
    return account.partition(":")[2]


def _is_of(entry: Entry, scope: Scope) -> bool:
    if not scope.sub_mchid:
        return True
    return scope.sub_mchid in (_owner(entry["source"]), _owner(entry["target"]))


def _imbalance(state: State) -> str:
    """Return the reason why the ledger is inconsistent; empty if it is consistent."""
    try:
        state.ledger.check()
    except Imbalance as error:
        return str(error)
    return ""
