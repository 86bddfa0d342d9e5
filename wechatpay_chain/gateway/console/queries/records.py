"""The records of all products: lists, details, and available controls.

The products, the names of their records and their controls come from `control/products/`, so a new
product appears in the console without changes here.
"""

from __future__ import annotations

import datetime
import heapq
import itertools
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from ....utils.display import represented
from ....utils.translation import _
from ...control.controls import Controls
from ...control.handlers import json_response, local
from ...control.products import PRODUCTS, Product, controls_of
from ...state import State
from ...store.store import Found, Record
from ..money import shown
from .scope import Scope, limit_of, owner_of, scope_of, sub_merchant_of, words_of

__all__ = ["TIMES", "amount_of", "line", "routes", "settle", "time_of"]

AMOUNTS = ("amount", "transfer_amount", "total_amount", "refund_amount", "total", "refund")
"""The members that can contain the amount of a record, in fen."""
TIMES = ("created", "create_time", "complaint_time", "time")
"""The members that can contain the creation time of a record."""
TEXTS = (
    *("description", "remark", "transfer_remark", "batch_name", "service_introduction"),
    *("complaint_detail", "reason", "text"),
)
PARTIES = ("out_trade_no", "openid")


def routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the routes of products and their records."""
    records = _Records(gateway)
    return [
        web.get("/_gateway/console/products", local(records.products)),
        web.get("/_gateway/console/records", local(records.all)),
        web.get("/_gateway/console/records/{product}/{key}", local(records.one)),
    ]


class _Records:
    """The handlers."""

    def __init__(self, gateway: Controls) -> None:
        self._gateway = gateway

    async def products(self, request: web.Request) -> web.StreamResponse:
        """Return all products with their controls and the number of their records."""
        scope = scope_of(self._gateway, request)
        return json_response(
            [
                {
                    "name": name,
                    "kind": product.kind,
                    "label": product.label._asdict(),
                    "count": scope.count(product.kind),
                    "controls": [each.as_json() for each in controls_of(product).values()],
                }
                for name, product in PRODUCTS.items()
            ]
        )

    async def all(self, request: web.Request) -> web.StreamResponse:
        """Return lines of records, newest first, filtered by `?product=` and the words of `?q=`."""
        scope, limit = scope_of(self._gateway, request), limit_of(request)
        wanted = request.query.get("product", "")
        names = [wanted] if wanted in PRODUCTS else list(PRODUCTS)
        for name in names:
            settle(self._gateway, name, scope)
        words = words_of(request)
        found = [_numbered(scope, name, words, limit) for name in names]
        newest = heapq.merge(*found, key=lambda each: each[0], reverse=True)
        return json_response([each for _, each in itertools.islice(newest, limit)])

    async def one(self, request: web.Request) -> web.StreamResponse:
        """Return one record with all its members."""
        name, key = request.match_info["product"], request.match_info["key"]
        product = PRODUCTS.get(name)
        if product is None:
            return json_response(
                {"error": _("this gateway has no product {name}", name=represented(name))}, 404
            )
        state = owner_of(self._gateway, request, product.kind, key)
        settle(self._gateway, name, Scope([state]))
        record = state.store.get(product.kind, key)
        if record is None:
            return json_response(
                {"error": _("{name}: no record {key}", name=name, key=represented(key))}, 404
            )
        found = line(name, product, state, Found(0, key, record))
        return json_response({**found, "record": record})


def _numbered(
    scope: Scope, name: str, words: tuple[str, ...], size: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    product = PRODUCTS[name]
    for state, found in scope.find(product.kind, words, size):
        yield found.sequence, line(name, product, state, found)


def settle(gateway: Controls, name: str, scope: Scope) -> None:
    """Store the due state changes of a product's records.

    Args:
        gateway: the gateway.
        name: the name of the product.
        scope: the scope of the records.
    """
    product = PRODUCTS[name](gateway)
    for state in scope.states:
        with state.store.transaction():
            product.settle(state)


def line(name: str, product: type[Product], state: State, found: Found) -> dict[str, Any]:
    """Return the members of a record for a list; a missing one is empty.

    Args:
        name: the name of the product.
        product: its controls.
        state: the state of the merchant that has the record.
        found: the record.
    """
    record = found.record
    amount = amount_of(record)
    about = next((record[each] for each in TEXTS if isinstance(record.get(each), str)), "")
    party = next((record[each] for each in PARTIES if record.get(each)), "")
    return {
        "product": name,
        "key": found.key,
        "mchid": state.mchid,
        "sub_mchid": sub_merchant_of(record, state),
        "state": str(record.get(product.state_name) or ""),
        "amount": "" if amount is None else shown(amount, str(record.get("currency") or "CNY")),
        "created": time_of(record),
        "about": about or party,
    }


def amount_of(record: Record) -> int | None:
    """Return the amount of a record in fen; None if it has none."""
    for name in AMOUNTS:
        value = record.get(name)
        if isinstance(value, dict):
            value = amount_of(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def time_of(record: Record) -> float | None:
    """Return the creation time of a record in seconds since 1970; None if it has none."""
    for name in TIMES:
        value = record.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str):
            try:
                return datetime.datetime.fromisoformat(value).timestamp()
            except ValueError:
                continue
    return None
