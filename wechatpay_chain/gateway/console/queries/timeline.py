"""The timeline of an order: its events in chronological order.

The events come from existing data: the request log, records of products with the order's numbers,
notifications with their attempts, and entries of the ledger.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from ....utils.display import represented
from ....utils.translation import _
from ...control.controls import Controls
from ...control.handlers import json_response, local
from ...control.products import PRODUCTS
from ...server.log import Log
from ...state import State
from ...store.store import Record
from ..explanation import verdict
from ..money import shown
from ..view import order_view
from .records import TIMES, line, settle
from .scope import Scope, is_sent, owner_of, sender_of

__all__ = ["routes", "timeline_of"]

NUMBERS = ("out_trade_no", "transaction_id", "combine_out_trade_no")
"""The members of an order that other records refer to."""
DUE = ("expires", "settles", "due")
"""Members with planned times, which are no events."""
SECONDS = 1_000_000_000
"""Numbers from this value on, in a member that is no amount, are seconds since 1970."""
RANK = {"request": 0, "order": 1, "record": 2, "entry": 3, "notification": 4, "attempt": 5}
"""The order of simultaneous events."""

Event = dict[str, Any]


def routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the route of timelines."""

    async def timeline(request: web.Request) -> web.StreamResponse:
        """Return the events of one order, oldest first."""
        number = request.match_info["out_trade_no"]
        state = owner_of(gateway, request, "order", number)
        # In a thread, because all records are scanned.
        return json_response(await asyncio.to_thread(timeline_of, gateway, state, number))

    return [web.get("/_gateway/console/timeline/{out_trade_no}", local(timeline))]


def timeline_of(gateway: Controls, state: State, number: str) -> list[Event]:
    """Return the events of an order, oldest first.

    Args:
        gateway: the gateway.
        state: the state of the merchant that has the order.
        number: `out_trade_no`.

    Raises:
        LookupError: there is no such order.
    """
    for name in PRODUCTS:
        settle(gateway, name, Scope([state]))
    order = state.store.get("order", number)
    if order is None:
        raise LookupError(_("this gateway has no order {number}", number=represented(number)))
    numbers = {str(order[name]) for name in NUMBERS if order.get(name)}
    events = [
        *_order(order, state),
        *_requests(gateway, state, state.log, numbers),
        *_records(state, numbers),
        *_entries(state, number),
        *_notices(state, numbers),
    ]
    now = state.clock.now()
    past = [each for each in events if each["time"] <= now]
    return sorted(past, key=lambda each: (each["time"], RANK[each["what"]]))


def _order(order: Record, state: State) -> Iterator[Event]:
    view = order_view(order, state)
    yield {"what": "order", "time": order["created"], "title": "created", "state": "NOTPAY"}
    if order.get("paid"):
        yield {"what": "order", "time": order["paid"], "title": "paid_at", "state": "SUCCESS"}
    elif not view["open"] and order["expires"] <= state.clock.now():
        yield {"what": "order", "time": order["expires"], "title": "expires", "state": "CLOSED"}


def _requests(gateway: Controls, state: State, log: Log, numbers: set[str]) -> Iterator[Event]:
    whole = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, numbers))})(?![\w-])")
    for entry in log.all():
        texts = (entry["target"], entry["body"], entry["answer_body"])
        if any(map(whole.search, texts)) and sender_of(gateway, entry) is state:
            yield {
                "what": "request",
                "time": entry.get("came", entry["time"]),
                "title": f"{entry['method']} {entry['target']}",
                "status": entry["status"],
                **verdict(entry),
                "id": str(entry["number"]),
            }


def _records(state: State, numbers: set[str]) -> Iterator[Event]:
    """Yield the creation and the later events of records that refer to the order."""
    for name, product in PRODUCTS.items():
        found = {
            each.key: each
            for number in numbers
            for each in state.store.find(product.kind, (number,))
            if not numbers.isdisjoint(_texts(each.record))
        }
        for each in found.values():
            summary = line(name, product, state, each)
            for title, moment in _moments(each.record):
                told = summary["state"] if title != "created" else ""
                yield {
                    "what": "record",
                    "time": moment,
                    "title": title,
                    **{part: summary[part] for part in ("product", "key", "amount")},
                    "state": told,
                }


def _texts(record: Record) -> Iterator[str]:
    return (each for each in record.values() if isinstance(each, str))


def _moments(record: Record) -> Iterator[tuple[str, float]]:
    for name, value in record.items():
        if isinstance(value, float) and value > SECONDS and name not in DUE:
            yield "created" if name in TIMES else name, value


def _entries(state: State, number: str) -> Iterator[Event]:
    for entry in state.ledger.entries_with(number):
        yield {
            "what": "entry",
            "time": entry["time"],
            "title": entry["kind"],
            "amount": shown(entry["amount"]),
            "source": entry["source"],
            "target": entry["target"],
        }


def _notices(state: State, numbers: set[str]) -> Iterator[Event]:
    found = {
        each.key: each.record
        for number in numbers
        for each in state.store.find("notice", (number,))
    }
    for notice in found.values():
        if not _names(notice["resource"], numbers) or not is_sent(state, notice):
            continue
        about = {"id": notice["id"], "title": notice["event"]}
        yield {
            "what": "notification",
            "time": notice["created"],
            **about,
            "state": notice["state"],
            "url": notice["url"],
        }
        for index, attempt in enumerate(notice["attempts"], 1):
            yield {
                "what": "attempt",
                "time": attempt["time"],
                **about,
                "number": index,
                "status": attempt["status"],
                "ok": attempt["acknowledged"],
            }


def _names(value: Any, numbers: set[str]) -> bool:
    """Return whether a value contains one of several numbers, at any depth."""
    if isinstance(value, dict):
        return any(_names(each, numbers) for each in value.values())
    if isinstance(value, list):
        return any(_names(each, numbers) for each in value)
    return value in numbers if isinstance(value, str) else False
