"""The control API under `/_gateway/`, for scripts on this machine."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ...utils.display import printable_json
from ..messages.exchange import Rejection
from ..messages.nesting import check_json
from ..server.access import SAFE, is_local
from ..server.bodies import BODIES
from ..simulation.complaints import v3 as complaints
from ..simulation.face import v3 as face
from ..simulation.payments import records as payments
from ..simulation.refunds import records as refunding
from ..simulation.sharing import v3 as sharing
from ..simulation.transfers import v3 as transfers
from ..store.ledger import Imbalance
from .controls import Controls
from .triggers import trigger

__all__ = ["routes"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(gateway: Controls) -> list[web.RouteDef]:
    """The routes of one gateway's control API."""
    control = _Control(gateway)
    return [
        web.get("/_gateway/health", _local(control.health)),
        web.post("/_gateway/transactions/{out_trade_no}/pay", _local(control.pay)),
        web.post("/_gateway/transactions/{out_trade_no}/fail", _local(control.fail)),
        web.get("/_gateway/refunds", _local(control.refunds)),
        web.post("/_gateway/refunds/{out_refund_no}/{outcome}", _local(control.end_refund)),
        web.get("/_gateway/transfers", _local(control.transfers)),
        web.post("/_gateway/transfers/{out_bill_no}/{outcome}", _local(control.end_transfer)),
        web.post("/_gateway/complaints", _local(control.complain)),
        web.post("/_gateway/complaints/{complaint_id}/say", _local(control.say)),
        web.post("/_gateway/contracts", _local(control.sign_contract)),
        web.post("/_gateway/profitsharing/notify", _local(control.sharing_notices)),
        web.get("/_gateway/ledger", _local(control.ledger)),
        web.get("/_gateway/requests", _local(control.requests)),
        web.get("/_gateway/requests/{number}", _local(control.request)),
        web.get("/_gateway/notifications", _local(control.notifications)),
        web.post("/_gateway/notifications", _local(control.trigger)),
        web.post("/_gateway/notifications/{id}/resend", _local(control.resend)),
        web.get("/_gateway/faults", _local(control.faults)),
        web.post("/_gateway/faults", _local(control.add_fault)),
        web.delete("/_gateway/faults", _local(control.clear_faults)),
        web.post("/_gateway/clock", _local(control.advance)),
        web.post("/_gateway/keys/rotate", _local(control.rotate_keys)),
    ]


def _local(handler: Handler) -> Handler:
    """Serve this machine only, and say what was wrong in JSON."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not is_local(request):
            return _json({"error": "the control API is for this machine only"}, 403)
        try:
            return await handler(request)
        except Rejection as rejection:
            error = {"error": rejection.code, "message": rejection.message}
            return _json(error, rejection.status if rejection.status >= 400 else 400)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            return _json({"error": str(error)}, 400)

    return guarded


class _Control:
    """The handlers."""

    def __init__(self, gateway: Controls) -> None:
        self._gateway = gateway
        self._state = gateway.state

    async def health(self, _: web.Request) -> web.StreamResponse:
        """Whether it runs, and as whom."""
        identity = self._gateway.identity
        return _json(
            {
                "status": "ok",
                "mchid": identity.mchid,
                "serial": identity.serial,
                "time": self._state.clock.rfc3339(),
                "orders": self._state.store.count("order"),
                "notifications": self._state.store.count("notice"),
                "pending": self._state.store.count("pending"),
            }
        )

    async def pay(self, request: web.Request) -> web.StreamResponse:
        """Pay an order, as its customer would."""
        given = await _body(request)
        with self._state.store.transaction():
            order = payments.pay(self._state, request.match_info["out_trade_no"], **given)
        return _json(order)

    async def fail(self, request: web.Request) -> web.StreamResponse:
        """Let a payment fail, as it does when the card has no money."""
        with self._state.store.transaction():
            order = payments.fail(self._state, request.match_info["out_trade_no"])
        return _json(order)

    async def refunds(self, request: web.Request) -> web.StreamResponse:
        """Refunds, newest first."""
        with self._state.store.transaction():
            refunding.settle_due(self._state)
        limit = _number(request, "limit", 100)
        return _json(self._state.store.all("refund", newest_first=True, limit=limit))

    async def end_refund(self, request: web.Request) -> web.StreamResponse:
        """Have a refund that is processed `succeed`, `fail` (it becomes abnormal) or `close`."""
        ways = {"succeed": refunding.succeed, "fail": refunding.fail, "close": refunding.close}
        way = ways.get(request.match_info["outcome"])
        if way is None:
            return _json({"error": f"a refund can {', '.join(ways)}"}, 404)
        with self._state.store.transaction():
            refund = way(self._state, request.match_info["out_refund_no"])
        return _json(refund)

    async def transfers(self, request: web.Request) -> web.StreamResponse:
        """Transfers, newest first."""
        with self._state.store.transaction():
            transfers.settle_due(self._state)
        limit = _number(request, "limit", 100)
        return _json(self._state.store.all("transfer", newest_first=True, limit=limit))

    async def end_transfer(self, request: web.Request) -> web.StreamResponse:
        """Have a user `confirm` a transfer that waits for it, or have it `fail`."""
        ways = {"confirm": transfers.confirm, "fail": transfers.fail}
        way = ways.get(request.match_info["outcome"])
        if way is None:
            return _json({"error": f"a transfer can {', '.join(ways)}"}, 404)
        given = await _body(request)
        with self._state.store.transaction():
            transfer = way(self._state, request.match_info["out_bill_no"], **given)
        return _json(transfer)

    async def complain(self, request: web.Request) -> web.StreamResponse:
        """Complain about an order: `{"out_trade_no": …, "text": …}`, `phone`, `problem`."""
        given = await _body(request)
        with self._state.store.transaction():
            complaint = complaints.complain(self._state, **given)
        return _json(complaint, 201)

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Write something more, as the customer who complained: `{"text": …}`."""
        given = await _body(request)
        with self._state.store.transaction():
            number = request.match_info["complaint_id"]
            complaint = complaints.say(self._state, number, **given)
        return _json(complaint)

    async def sign_contract(self, request: web.Request) -> web.StreamResponse:
        """Sign a contract for face payment, as a user does: `{"presign_token": …}`."""
        given = await _body(request)
        with self._state.store.transaction():
            contract = face.sign_contract(self._state, **given)
        return _json(contract, 201)

    async def sharing_notices(self, request: web.Request) -> web.StreamResponse:
        """Say where notifications of profit sharing go: `{"notify_url": …}`."""
        given = await _body(request)
        with self._state.store.transaction():
            address = sharing.send_notices_to(self._state, **given)
        return _json({"notify_url": address})

    async def ledger(self, request: web.Request) -> web.StreamResponse:
        """Fen on every account, and the entries of `?day=2026-11-20`; 500 if they do not add up."""
        with self._state.store.transaction():
            refunding.settle_due(self._state)
            transfers.settle_due(self._state)
        ledger = self._state.ledger
        try:
            ledger.check()
        except Imbalance as error:
            return _json({"error": str(error)}, 500)
        entries = ledger.entries(request.query.get("day", self._state.clock.date()))
        return _json({"accounts": ledger.balances(), "entries": entries})

    async def requests(self, request: web.Request) -> web.StreamResponse:
        """The last requests, newest first."""
        return _json(self._state.log.all(_number(request, "limit", 100)))

    async def request(self, request: web.Request) -> web.StreamResponse:
        """One of them."""
        text = request.match_info["number"]
        found = self._state.log.get(int(text)) if text.isdecimal() else None
        return _json(found) if found else _json({"error": f"no request {text}"}, 404)

    async def notifications(self, request: web.Request) -> web.StreamResponse:
        """Notifications with their attempts, newest first."""
        now = self._state.clock.now()
        notices = self._state.outbox.all(_number(request, "limit", 100))
        # One of what will happen only is in the outbox already, of a refund being processed say.
        return _json([notice for notice in notices if notice["created"] <= now])

    async def trigger(self, request: web.Request) -> web.StreamResponse:
        """Send a notification of any type."""
        given = await _body(request)
        number = trigger(self._state, **given)
        return _json(self._state.outbox.get(number), 201)

    async def resend(self, request: web.Request) -> web.StreamResponse:
        """Deliver a notification once more."""
        number = request.match_info["id"]
        if not self._state.outbox.resend(number):
            return _json({"error": f"no notification {number}"}, 404)
        return _json(self._state.outbox.get(number))

    async def faults(self, _: web.Request) -> web.StreamResponse:
        """The faults that are set."""
        return _json([fault.as_json() for fault in self._state.faults.all()])

    async def add_fault(self, request: web.Request) -> web.StreamResponse:
        """Set a fault."""
        return _json(self._state.faults.add(**await _body(request)).as_json(), 201)

    async def clear_faults(self, _: web.Request) -> web.StreamResponse:
        """No more faults."""
        self._state.faults.clear()
        return web.Response(status=204)

    async def advance(self, request: web.Request) -> web.StreamResponse:
        """Move the gateway's time on: `{"seconds": 360}`."""
        self._gateway.advance(**await _body(request))
        return _json({"time": self._state.clock.rfc3339()})

    async def rotate_keys(self, _: web.Request) -> web.StreamResponse:
        """Give the platform a new key."""
        identity = self._gateway.rotate_keys()
        return _json({"public_key_id": identity.public_key_id, "serial": identity.platform_serial})


def _json(value: Any, status: int = 200) -> web.Response:
    """JSON that a terminal shows as it is: what a client sent may hold escape sequences."""
    text = printable_json(json.dumps(value, ensure_ascii=False, default=str))
    return web.json_response(text=text, status=status, headers=SAFE)


async def _body(request: web.Request) -> dict[str, Any]:
    bodies = request.app[BODIES]
    async with bodies.read(request, bodies.limits.control) as content:
        if not content:
            return {}
        text = content.decode()
        check_json(text)
        given = json.loads(text)
    if not isinstance(given, dict):
        raise ValueError("the body must be a JSON object")
    return given


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{name} must be a whole number, not {text!r}")
    return int(text)
