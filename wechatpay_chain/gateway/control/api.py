"""The control API under `/_gateway/`, for scripts on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from ...utils.display import represented
from ...utils.translation import _
from ..simulation.bills import filled, settings
from ..simulation.complaints import customers as complaints
from ..simulation.face import v3 as face
from ..simulation.payments import records as payments
from ..simulation.schedule import settle_due
from ..simulation.sharing import notices as sharing
from ..state import State
from ..store.ledger import Imbalance
from .controls import Controls
from .handlers import body_of, json_response, local, whole_number
from .named_snapshots import snapshot_routes
from .product_api import product_routes, scope_of
from .triggers import trigger

__all__ = ["routes"]

COUNTED = {"orders": "order", "notifications": "notice", "pending": "pending"}
"""The counts in `health`, and the kinds of their records."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the routes of one gateway's control API."""
    control = _Control(gateway)
    return [
        web.get("/_gateway/health", local(control.health)),
        web.get("/_gateway/gateway.json", local(control.describe)),
        web.get("/_gateway/merchants", local(control.merchants)),
        web.post("/_gateway/merchants", local(control.add_merchant)),
        web.patch("/_gateway/merchants/{mchid}", local(control.change_merchant)),
        web.post("/_gateway/merchants/{mchid}/sub-merchants", local(control.add_sub_merchant)),
        web.post("/_gateway/transactions/{out_trade_no}/pay", local(control.pay)),
        web.post("/_gateway/transactions/{out_trade_no}/fail", local(control.fail)),
        web.post("/_gateway/transactions/{out_trade_no}/expire", local(control.expire)),
        web.post("/_gateway/complaints", local(control.complain)),
        web.post("/_gateway/contracts", local(control.sign_contract)),
        web.post("/_gateway/profitsharing/notify", local(control.sharing_notices)),
        web.get("/_gateway/ledger", local(control.ledger)),
        web.post("/_gateway/bills", local(control.set_bills)),
        web.post("/_gateway/fill", local(control.fill)),
        web.get("/_gateway/requests", local(control.requests)),
        web.get("/_gateway/requests/{number}", local(control.request)),
        web.get("/_gateway/notifications", local(control.notifications)),
        web.post("/_gateway/notifications", local(control.trigger)),
        web.post("/_gateway/notifications/{id}/resend", local(control.resend)),
        web.get("/_gateway/faults", local(control.faults)),
        web.post("/_gateway/faults", local(control.add_fault)),
        web.delete("/_gateway/faults", local(control.clear_faults)),
        web.post("/_gateway/clock", local(control.advance)),
        web.post("/_gateway/keys/rotate", local(control.rotate_keys)),
        web.post("/_gateway/scenarios", local(control.load)),
        *snapshot_routes(gateway),
        *product_routes(gateway),
    ]


class _Control:
    """The handlers."""

    def __init__(self, gateway: Controls) -> None:
        self._gateway = gateway
        self._state = gateway.state
        self._platform = gateway.platform

    def _having(self, request: web.Request, *kinds: str, key: str = "") -> State:
        """Return the merchant of `?mchid=`, or of the record in the request."""
        key = key or next(iter(request.match_info.values()))
        return self._gateway.state_of(kinds, key, request.query.get("mchid", ""))

    def _asked(self, request: web.Request) -> State:
        """Return the merchant of `?mchid=`; the first one without it."""
        return self._gateway.state_of((), "", request.query.get("mchid", ""))

    def _asked_for(self, request: web.Request) -> list[State]:
        """Return the merchant of `?mchid=`; all of them without it."""
        if request.query.get("mchid"):
            return [self._asked(request)]
        return list(self._platform.states.values())

    async def health(self, _: web.Request) -> web.StreamResponse:
        """Return the state and the identity of the gateway."""
        identity = self._gateway.identity
        return json_response(
            {
                "status": "ok",
                "mchid": identity.mchid,
                "serial": identity.serial,
                "time": self._state.clock.rfc3339(),
                **{
                    name: sum(each.store.count(kind) for each in self._platform.states.values())
                    for name, kind in COUNTED.items()
                },
            }
        )

    async def describe(self, _: web.Request) -> web.StreamResponse:
        """Return `gateway.json` with the keys themselves, for clients on any machine."""
        described = await asyncio.to_thread(self._gateway.describe, inline_keys=True)
        return json_response(described)

    async def merchants(self, _: web.Request) -> web.StreamResponse:
        """Return all merchants with their sub-merchants and accounts, without keys."""
        states = list(self._platform.states.values())
        return json_response(
            [{**each.profile.as_record(), "accounts": each.ledger.balances()} for each in states]
        )

    async def add_merchant(self, request: web.Request) -> web.StreamResponse:
        """Add a merchant (`kind`, `mchid`, `apps`, `permissions`, `name`); return its settings."""
        given = await body_of(request)
        merchant = await asyncio.to_thread(lambda: self._gateway.add_merchant(**given))
        return json_response(merchant.describe(), 201)

    async def add_sub_merchant(self, request: web.Request) -> web.StreamResponse:
        """Add a sub-merchant of a service provider: `mchid`, `apps`, `name`."""
        number = request.match_info["mchid"]
        if number not in self._platform.states:
            return json_response(
                {"error": _("this gateway has no merchant {mchid}", mchid=number)}, 404
            )
        sub = self._gateway.add_sub_merchant(number, **await body_of(request))
        return json_response(sub.as_record(), 201)

    async def change_merchant(self, request: web.Request) -> web.StreamResponse:
        """Change a merchant or a sub-merchant: `{"frozen": true, "payment_limit": 100000}`."""
        number = request.match_info["mchid"]
        after = self._platform.change_merchant(number, await body_of(request))
        self._platform.merchants_changed()
        return json_response(after.as_record())

    async def pay(self, request: web.Request) -> web.StreamResponse:
        """Pay an order on behalf of its customer."""
        given = await body_of(request)
        state = self._having(request, "order", "combined")
        with state.store.transaction():
            order = payments.pay(state, request.match_info["out_trade_no"], **given)
        return json_response(order)

    async def fail(self, request: web.Request) -> web.StreamResponse:
        """Fail a payment, as with an insufficient balance."""
        state = self._having(request, "order")
        with state.store.transaction():
            order = payments.fail(state, request.match_info["out_trade_no"])
        return json_response(order)

    async def expire(self, request: web.Request) -> web.StreamResponse:
        """Expire an order now."""
        number = request.match_info["out_trade_no"]
        return json_response(scope_of(self._gateway, request).expire(number))

    async def complain(self, request: web.Request) -> web.StreamResponse:
        """Complain about an order: `{"out_trade_no": …, "text": …}`, `phone`, `problem`."""
        given = await body_of(request)
        state = self._having(request, "order", key=str(given.get("out_trade_no")))
        with state.store.transaction():
            complaint = complaints.complain(state, **given)
        return json_response(complaint, 201)

    async def sign_contract(self, request: web.Request) -> web.StreamResponse:
        """Sign a contract for face payment on behalf of a user: `{"presign_token": …}`."""
        given = await body_of(request)
        state = self._having(request, "presign", key=str(given.get("presign_token")))
        with state.store.transaction():
            contract = face.sign_contract(state, **given)
        return json_response(contract, 201)

    async def sharing_notices(self, request: web.Request) -> web.StreamResponse:
        """Set the address for notifications of profit sharing: `{"notify_url": …}`."""
        given = await body_of(request)
        state = self._asked(request)
        with state.store.transaction():
            address = sharing.send_notices_to(state, **given)
        return json_response({"notify_url": address})

    async def ledger(self, request: web.Request) -> web.StreamResponse:
        """Return the balances, and the entries of `?day=2026-11-20`; 500 if they do not balance.

        The ledger is that of `?mchid=`, or of the first merchant.
        """
        state = self._asked(request)
        with state.store.transaction():
            settle_due(state)
        ledger = state.ledger
        try:
            ledger.check()
        except Imbalance as error:
            return json_response({"error": str(error)}, 500)
        entries = ledger.entries(request.query.get("day", self._state.clock.date()))
        return json_response({"accounts": ledger.balances(), "entries": entries})

    async def set_bills(self, request: web.Request) -> web.StreamResponse:
        """Change the settings of bills: `{"fee_rate": "0.0060", "next_day": true, "parts": 2}`."""
        given = await body_of(request)
        state = self._asked(request)
        with state.store.transaction():
            return json_response(settings.change(state, **given).as_json())

    async def fill(self, request: web.Request) -> web.StreamResponse:
        """Fill a day's bills: `{"orders": 1000000, "date": …, "differences": "every"}`."""
        given = await body_of(request)
        orders, date = given.pop("orders", None), given.pop("date", "")
        state = self._asked(request)
        day = await asyncio.to_thread(filled.fill, state, orders, date, given)
        return json_response(
            {"date": f"{day.date}", "orders": orders, "expected": day.expected}, 201
        )

    async def load(self, request: web.Request) -> web.StreamResponse:
        """Load a scenario from JSON, completely or not at all."""
        await asyncio.to_thread(self._gateway.load, await body_of(request))
        return json_response({"merchants": list(self._platform.states)}, 201)

    async def requests(self, request: web.Request) -> web.StreamResponse:
        """Return the last requests, newest first."""
        return json_response(self._state.log.all(whole_number(request, "limit", 100)))

    async def request(self, request: web.Request) -> web.StreamResponse:
        """Return a request."""
        text = request.match_info["number"]
        found = self._state.log.get(int(text)) if text.isdecimal() else None
        return (
            json_response(found)
            if found
            else json_response(
                {"error": _("this gateway has no request {number}", number=represented(text))}, 404
            )
        )

    async def notifications(self, request: web.Request) -> web.StreamResponse:
        """Return notifications with their attempts, newest first."""
        now = self._state.clock.now()
        limit, states = whole_number(request, "limit", 100), self._asked_for(request)
        notices = [notice for state in states for notice in state.outbox.all(limit)]
        notices = sorted(notices, key=lambda notice: str(notice["id"]), reverse=True)[:limit]
        # The outbox also contains scheduled notifications, such as for a refund in progress.
        return json_response([notice for notice in notices if notice["created"] <= now])

    async def trigger(self, request: web.Request) -> web.StreamResponse:
        """Send a notification of any type."""
        given, state = await body_of(request), self._asked(request)
        number = trigger(state, **given)
        return json_response(state.outbox.get(number), 201)

    async def resend(self, request: web.Request) -> web.StreamResponse:
        """Deliver a notification again."""
        number, outbox = request.match_info["id"], self._having(request, "notice").outbox
        if not outbox.resend(number):
            return json_response(
                {"error": _("this gateway has no notification {id}", id=represented(number))}, 404
            )
        return json_response(outbox.get(number))

    async def faults(self, _: web.Request) -> web.StreamResponse:
        """Return the active faults."""
        return json_response([fault.as_json() for fault in self._state.faults.all()])

    async def add_fault(self, request: web.Request) -> web.StreamResponse:
        """Add a fault."""
        return json_response(self._state.faults.add(**await body_of(request)).as_json(), 201)

    async def clear_faults(self, _: web.Request) -> web.StreamResponse:
        """Remove all faults."""
        self._state.faults.clear()
        return web.Response(status=204)

    async def advance(self, request: web.Request) -> web.StreamResponse:
        """Move the gateway's clock forward: `{"seconds": 360}`."""
        self._gateway.advance(**await body_of(request))
        return json_response({"time": self._state.clock.rfc3339()})

    async def rotate_keys(self, _: web.Request) -> web.StreamResponse:
        """Generate a new key of the platform."""
        identity = self._gateway.rotate_keys()
        return json_response(
            {"public_key_id": identity.public_key_id, "serial": identity.platform_serial}
        )
