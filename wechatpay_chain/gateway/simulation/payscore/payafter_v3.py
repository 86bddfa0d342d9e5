"""Orders of 先享后付 and smart retail: the older API of service orders.

It has other names and states, and no notifications, because requests contain no URL for them.

Source: the catalogue; the rules are the same as in `v3`
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..listing import listed
from ..registry import operation
from . import records as orders
from . import v3, views
from .charges import total_of
from .views import ServiceOrder

__all__ = ["shown"]

PRODUCTS = ("payafter-orders", "smartretail-orders")
CANCEL, FINISH = 1, 2
"""The ways in which a merchant ends an order: unused, or after the service."""
STATES = {
    views.CREATED: "CREATED",
    views.USER_CONFIRM: "USER_ACCEPTED",
    views.MCH_COMPLETE: "FINISHED",
    views.DONE: "USER_PAID",
    views.REVOKED: "REVOKED",
    views.EXPIRED: "EXPIRED",
}
FEES = {"name": "fee_name", "count": "fee_count", "amount": "fee_amount", "description": "fee_desc"}
DISCOUNTS = {
    "name": "discount_name",
    "amount": "discount_amount",
    "description": "discount_desc",
}
"""The names of payments and discounts in this API."""


def _lines(given: list[dict[str, Any]] | None, names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {name: each[theirs] for name, theirs in names.items() if each.get(theirs) is not None}
        for each in given or []
    ]


def _older(lines: list[dict[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{names[name]: value for name, value in each.items()} for each in lines]


def _terms(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Convert the members of a request to the names in `v3`."""
    times = {name: data.get(f"{prefix}service_{name}") for name in ("start_time", "end_time")}
    places = ("start_location", "end_location")
    located = {name: data.get(f"{prefix}service_{name}") for name in places}
    return {
        **{name: data.get(name) for name in ("service_introduction", "attach", "total_amount")},
        "profit_sharing": data.get("profit_sharing"),
        "post_payments": _lines(data.get("fees"), FEES),
        "post_discounts": _lines(data.get("discounts"), DISCOUNTS),
        "time_range": {name: each for name, each in times.items() if each},
        "location": {name: each for name, each in located.items() if each},
    }


def _create(call: Call) -> dict[str, Any]:
    content, data = checks.accepted(call), call.data
    risk = {"name": "ESTIMATE_ORDER_COST", "amount": data.get("risk_amount") or 0}
    names = ("out_order_no", "service_id", "appid", "openid")
    named = {name: data.get(name) for name in names}
    confirmed = data.get("need_user_confirm") is False
    ticket = secrets.token_hex(16)
    given = {**_terms(data), **named, "risk_fund": risk, "finish_ticket": ticket}
    order = v3.create(call, given, content, confirmed=confirmed)
    package = {"package": order["package"]} if order["package"] else {}
    return listed(call, {**views.shown(call.state, order), **package})


def _own(call: Call, number: str, given: Mapping[str, Any]) -> ServiceOrder:
    order = v3.own(call, v3.DIRECT, number, given)
    _assert_older(order)
    return order


def _assert_older(order: ServiceOrder) -> None:
    """Reject an order of the newer API."""
    if not order["finish_ticket"]:
        raise orders.absent(order["out_order_no"])


def _query(call: Call) -> dict[str, Any]:
    order = v3.queried(call, v3.DIRECT)
    _assert_older(order)
    return listed(call, shown(call.state, order))


def _complete(call: Call) -> dict[str, Any]:
    content, data, state = checks.accepted(call), call.data, call.state
    order = _own(call, call.params["out_order_no"], data)
    if data.get("finish_ticket") not in (None, "", order["finish_ticket"]):
        issue = "is not the finish_ticket of the order"
        raise Rejection.parameter("finish_ticket", data["finish_ticket"], issue)
    if data.get("finish_type") == CANCEL:
        changed = orders.cancel(state, order, content)
    else:
        given = _terms(data, "real_")
        total = total_of(given, order["terms"].get("risk_fund") or {})
        changed = orders.complete(state, order, content, total, given)
    return listed(call, views.shown(state, changed))


def _cancel(call: Call) -> dict[str, Any]:
    content = checks.accepted(call)
    call.text("reason", 50)
    order = _own(call, call.params["out_order_no"], call.data)
    return listed(call, views.shown(call.state, orders.cancel(call.state, order, content)))


def _register(base: str) -> None:
    operation("POST", base)(_create)
    operation("GET", base)(_query)
    operation("POST", f"{base}/{{out_order_no}}/complete")(_complete)
    operation("POST", f"{base}/{{out_order_no}}/cancel")(_cancel)


for _product in PRODUCTS:
    _register(f"v3/payscore/{_product}")


@operation("POST", "v3/payscore/payafter-orders/{out_order_no}/sync")
def sync(call: Call) -> dict[str, Any]:
    """Mark an order as paid in another way."""
    checks.accepted(call)
    order = _own(call, call.params["out_order_no"], call.data)
    return listed(call, views.shown(call.state, v3.mark_paid(call, order)))


def shown(state: State, order: ServiceOrder) -> dict[str, Any]:
    """Return a service order with the names of this API."""
    view, terms = views.shown(state, order), order["terms"]
    details = order.get("details") or [{}]
    times, places = terms.get("time_range", {}), terms.get("location", {})
    members = {
        **view,
        "state": STATES[views.description_of(order) or order["state"]],
        "fees": _older(terms.get("post_payments", []), FEES),
        "discounts": _older(terms.get("post_discounts", []), DISCOUNTS),
        "risk_amount": terms.get("risk_fund", {}).get("amount"),
        "finish_ticket": order["finish_ticket"],
        "finish_transaction_id": details[0].get("transaction_id"),
        **{f"service_{name}": each for name, each in {**times, **places}.items()},
    }
    if order["total"] is not None:
        members["finish_type"] = FINISH
        members |= {f"real_service_{name}": each for name, each in {**times, **places}.items()}
    if "paid_at" in details[0]:
        members["pay_succ_time"] = state.clock.compact(details[0]["paid_at"])
    elif "paid_time" in details[0]:
        members |= {"pay_succ_time": details[0]["paid_time"], "pay_type": "MchChannelPayType"}
    return {name: each for name, each in members.items() if each is not None}
