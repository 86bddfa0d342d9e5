"""Search in orders, records of all products, notifications, requests and merchants.

The database searches the JSON and the keys of records.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from ...control.controls import Controls
from ...control.handlers import json_response, local
from ...control.products import PRODUCTS
from ..explanation import verdict
from ..view import order_view
from .records import line
from .scope import Scope, has_words, is_sent, sender_of, sub_merchant_of, words_of

__all__ = ["results_of", "routes"]

SHOWN = 20
"""Maximum number of results of a kind."""

Result = dict[str, Any]


def routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the route of the search."""

    async def search(request: web.Request) -> web.StreamResponse:
        """Return the records with the words of `?q=`: at most 20 of a kind, newest first."""
        words = words_of(request)
        if not words:
            return json_response([])
        # In a thread, because all records are scanned.
        return json_response(await asyncio.to_thread(results_of, gateway, words))

    return [web.get("/_gateway/console/search", local(search))]


def results_of(gateway: Controls, words: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the records that contain the words, by kind.

    Args:
        gateway: the gateway.
        words: the words that a result must contain.
    """
    scope = Scope(list(gateway.platform.states.values()))
    groups: dict[str, list[Result]] = {
        "orders": _orders(scope, words),
        **{name: _records(scope, name, words) for name in PRODUCTS},
        "notifications": _notices(scope, words),
        "requests": _requests(gateway, words),
        "merchants": _merchants(scope, words),
    }
    return [
        {"kind": kind, "items": found[:SHOWN], "more": len(found) > SHOWN}
        for kind, found in groups.items()
        if found
    ]


def _first(found: Iterable[Result]) -> list[Result]:
    """Return the shown results, and one more if there is one."""
    return list(itertools.islice(found, SHOWN + 1))


def _orders(scope: Scope, words: tuple[str, ...]) -> list[Result]:
    return _first(
        {
            "id": each.key,
            "mchid": state.mchid,
            "sub_mchid": sub_merchant_of(each.record, state),
            "about": each.record["description"],
            "time": each.record["created"],
            **{name: view[name] for name in ("amount", "state")},
        }
        for state, each in scope.find("order", words, SHOWN + 1)
        for view in (order_view(each.record, state),)
    )


def _records(scope: Scope, name: str, words: tuple[str, ...]) -> list[Result]:
    product = PRODUCTS[name]
    found = (
        line(name, product, state, each)
        for state, each in scope.find(product.kind, words, SHOWN + 1)
    )
    return _first({**each, "id": each["key"], "time": each["created"]} for each in found)


def _notices(scope: Scope, words: tuple[str, ...]) -> list[Result]:
    return _first(
        {
            "id": each.key,
            "mchid": state.mchid,
            "about": each.record["event"],
            "state": each.record["state"],
            "time": each.record["created"],
        }
        for state, each in scope.find("notice", words, SHOWN + 1)
        if is_sent(state, each.record)
    )


def _requests(gateway: Controls, words: tuple[str, ...]) -> list[Result]:
    lower = [each.lower() for each in words]
    return _first(
        {
            "id": str(entry["number"]),
            "mchid": sender_of(gateway, entry).mchid,
            "about": f"{entry['method']} {entry['target']}",
            "status": entry["status"],
            "ok": verdict(entry)["ok"],
            "time": entry["time"],
        }
        for entry in gateway.state.log.all()
        if has_words(entry, lower)
    )


def _merchants(scope: Scope, words: tuple[str, ...]) -> list[Result]:
    every = (
        {"id": each["mchid"], "mchid": state.mchid, "about": each["name"], "apps": each["apps"]}
        for state in scope.states
        for profile in (state.profile.as_record(),)
        for each in (profile, *profile["sub_merchants"])
    )
    return _first(
        each
        for each in every
        if all(word.lower() in str(list(each.values())).lower() for word in words)
    )
