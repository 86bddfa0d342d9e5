"""The cashier page of an order: a person pays, lets it fail, or lets it expire.

Whoever has the token in the address may use it, as whoever has a real order's QR code may pay it;
so a telephone can, where the gateway was told to listen beyond its own machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from ..messages.exchange import Rejection
from ..simulation.payments import records as payments
from ..simulation.payments.records import Order
from ..state import State
from .cashier_page import render
from .events import Event, Streams
from .guard import SAFE, is_here, is_same_origin
from .pages import message
from .words import COOKIE, language

__all__ = ["expire", "fail", "routes"]

PAGE = "/_gateway/pay/{token:[A-Za-z0-9_-]+}"
RETURN = re.compile(r"&redirect_url=([^&]*)")
"""What a shop adds to an `h5_url`: where the browser goes after a real payment."""


def routes(state: State, streams: Streams) -> list[web.RouteDef]:
    """The cashier's routes."""
    cashier = _Cashier(state, streams)
    return [
        web.get(f"{PAGE}/events", cashier.events, allow_head=False),
        web.post(f"{PAGE}/{{action:pay|fail|expire}}", cashier.act),
        # A browser without scripts stays at the action's address, and may load it again.
        web.get(f"{PAGE}/{{action:pay|fail|expire}}", cashier.page),
        web.get(f"{PAGE}{{rest:(?:&.*)?}}", cashier.page),
    ]


class _Cashier:
    """The handlers."""

    def __init__(self, state: State, streams: Streams) -> None:
        self._state = state
        self._streams = streams

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page, as the order is now."""
        return self._rendered(request)

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Do what a button says; the page again, with what became of it."""
        if not is_same_origin(request):
            return message(request, "rejected", "foreign", 403)
        orders = self._orders(request)
        if not orders:
            return message(request, "unknown_title", "unknown", 404)
        number = orders[0]["out_trade_no"]
        try:
            with self._state.store.transaction():
                ACTIONS[request.match_info["action"]](self._state, number)
        except Rejection as rejection:
            return self._rendered(request, rejection)
        return self._rendered(request)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Tells the page when its order changes."""
        numbers = {order["out_trade_no"] for order in self._orders(request)}
        if not numbers:
            return message(request, "unknown_title", "unknown", 404)

        def wanted(event: Event) -> bool:
            return event[0] == "order" and event[1] in numbers

        return await self._streams.serve(request, wanted)

    def _orders(self, request: web.Request) -> list[Order]:
        """The orders that are paid on this page; none for an unknown token."""
        known = self._state.store.get("token", request.match_info["token"])
        return together(self._state, known["out_trade_no"]) if known else []

    def _rendered(self, request: web.Request, rejection: Rejection | None = None) -> web.Response:
        orders, chosen = self._orders(request), language(request)
        if not orders:
            return message(request, "unknown_title", "unknown", 404)
        host = request.host.encode("utf-8", "replace").decode()  # a header may be no text at all
        returns_to = RETURN.search(request.match_info.get("rest") or "")
        text = render(
            self._state,
            orders,
            chosen,
            address=f"{request.scheme}://{host}/_gateway/pay/{request.match_info['token']}",
            returns_to=returns_to.group(1) if returns_to else "",
            rejection=rejection.message if rejection else "",
            is_local=is_here(request),
        )
        response = web.Response(
            text=text, content_type="text/html", headers=SAFE, status=409 if rejection else 200
        )
        if request.query.get("lang") == chosen:
            response.set_cookie(COOKIE, chosen, path="/_gateway/", samesite="Lax")
        return response


def together(state: State, number: str) -> list[dict[str, Any]]:
    """The orders that are paid at once: one, or all of a combined order."""
    order = state.store.get("order", number)
    if order is None:
        return []
    combined = state.store.get("combined", order.get("combine_out_trade_no") or "")
    numbers = combined["numbers"] if combined else [number]
    found = [state.store.get("order", each) for each in numbers]
    return [each for each in found if each]


def fail(state: State, number: str) -> None:
    """Let a payment fail; all orders of a combined one fail together.

    Raises:
        Rejection: one of them is not open.
    """
    for order in together(state, number):
        payments.fail(state, order["out_trade_no"])


def expire(state: State, number: str) -> None:
    """Let an order's time be over now.

    Its own `time_expire` becomes this moment. The clock is not moved to it: that would also make
    other orders expire, and notifications be repeated, which nobody who presses a button on one
    order's page expects.

    Raises:
        Rejection: it is not open.
    """
    for order in together(state, number):
        current = payments.find(state, order["out_trade_no"]) or order
        if current["state"] not in payments.OPEN:
            raise Rejection(400, "INVALID_REQUEST", f"订单状态是 {current['state']}: {number}")
        current["expires"] = state.clock.now()
        payments.save(state, current)
        payments.find(state, current["out_trade_no"])  # closes it, as any query would


ACTIONS: dict[str, Callable[[State, str], Any]] = {
    "pay": payments.pay,
    "fail": fail,
    "expire": expire,
}
