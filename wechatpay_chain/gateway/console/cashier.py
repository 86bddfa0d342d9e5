"""The cashier page of an order, with buttons to pay, fail or expire it.

Anyone with the token in the URL can use the page, like the QR code of a real order. A phone can
open it if the gateway listens on more than the local machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from ..control.controls import Controls
from ..messages.exchange import Rejection
from ..simulation.payments import records as payments
from ..simulation.payments import together as paid_together
from ..simulation.payments.records import Order
from ..state import State
from .cashier_page import render
from .events import Event, Streams
from .guard import SAFE, is_here, is_same_origin
from .pages import message
from .words import COOKIE, language

__all__ = ["routes"]

PAGE = "/_gateway/pay/{token:[A-Za-z0-9_-]+}"
RETURN = re.compile(r"&redirect_url=([^&]*)")
"""The parameter of an `h5_url` with the URL to open after a real payment."""


def routes(gateway: Controls, streams: Streams) -> list[web.RouteDef]:
    """Return the cashier's routes."""
    cashier = _Cashier(gateway, streams)
    return [
        web.get(f"{PAGE}/events", cashier.events, allow_head=False),
        web.post(f"{PAGE}/{{action:pay|fail|expire}}", cashier.act),
        # A browser without scripts stays at the action's URL, and can reload it.
        web.get(f"{PAGE}/{{action:pay|fail|expire}}", cashier.page),
        web.get(f"{PAGE}{{rest:(?:&.*)?}}", cashier.page),
    ]


class _Cashier:
    """The handlers."""

    def __init__(self, gateway: Controls, streams: Streams) -> None:
        self._gateway = gateway
        self._streams = streams

    def _state(self, request: web.Request) -> State:
        """Return the state of the merchant that has the order of the page."""
        return self._gateway.state_of(("token",), request.match_info["token"])

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Return the page with the current state of the order."""
        return self._rendered(request)

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Perform the action of a button, and return the page with the result."""
        if not is_same_origin(request):
            return message(request, "rejected", "foreign", 403)
        orders = self._orders(request)
        if not orders:
            return message(request, "unknown_title", "unknown", 404)
        number = orders[0]["out_trade_no"]
        state = self._state(request)
        try:
            with state.store.transaction():
                ACTIONS[request.match_info["action"]](state, number)
        except Rejection as rejection:
            return self._rendered(request, rejection)
        return self._rendered(request)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Send an event to the page when its order changes."""
        numbers = {order["out_trade_no"] for order in self._orders(request)}
        if not numbers:
            return message(request, "unknown_title", "unknown", 404)

        def wanted(event: Event) -> bool:
            return event[0] == "order" and event[1] in numbers

        return await self._streams.serve(request, wanted)

    def _orders(self, request: web.Request) -> list[Order]:
        """Return the orders that are paid on this page; none for an unknown token."""
        state = self._state(request)
        known = state.store.get("token", request.match_info["token"])
        return paid_together.together(state, known["out_trade_no"]) if known else []

    def _rendered(self, request: web.Request, rejection: Rejection | None = None) -> web.Response:
        orders, chosen = self._orders(request), language(request)
        if not orders:
            return message(request, "unknown_title", "unknown", 404)
        host = request.host.encode("utf-8", "replace").decode()  # a header can be invalid UTF-8
        returns_to = RETURN.search(request.match_info.get("rest") or "")
        text = render(
            self._state(request),
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


ACTIONS: dict[str, Callable[[State, str], Any]] = {
    "pay": payments.pay,
    "fail": paid_together.fail,
    "expire": paid_together.expire,
}
