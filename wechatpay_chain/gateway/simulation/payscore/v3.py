"""Service orders of merchants, service providers and acquiring banks.

All three have the same rules. Service providers and banks identify the sub-merchant, and most of
their responses have no body.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012587900 (create),
https://pay.weixin.qq.com/doc/v3/merchant/4012587902 (query),
https://pay.weixin.qq.com/doc/v3/partner/4013138559 (partners)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..listing import listed
from ..registry import operation
from . import permissions
from . import records as orders
from .charges import check_charges, check_moment, check_time_range, total_of
from .views import USER_CONFIRM, ServiceOrder, description_of, shown

__all__ = ["DIRECT", "create", "mark_paid", "own", "queried"]

ORDERS = "serviceorder"
ON_DELIVERY = "servicepayondeliveryorder"
PAID = "Order_Paid"
"""The only value of a `sync` request: the order was paid in another way."""


class Form(NamedTuple):
    """A family of operations for service orders.

    Attributes:
        base: the prefix of the paths.
        naming: the members of a request that must match the order.
        shows: whether the response to a change contains the order.
    """

    base: str
    naming: tuple[str, ...]
    shows: bool


DIRECT = Form("v3/payscore", ("service_id", "appid"), shows=True)
PARTNER = Form("v3/payscore/partner", ("service_id", "sub_mchid"), shows=False)
BANK = Form("v3/payscore/acquiringbank", ("service_id", "sub_mchid", "channel_id"), shows=False)


def create(call: Call, data: Mapping[str, Any], content: str, *, confirmed: bool) -> ServiceOrder:
    """Create or return the service order of a request.

    Args:
        call: the request.
        data: the members of the request.
        content: the fingerprint of the request.
        confirmed: whether the order needs no confirmation, because the user permits the service.

    Raises:
        Rejection: a member is invalid, or the user has not permitted the service.
    """
    state = call.state
    number = checks.number(data["out_order_no"], "/out_order_no", longest=32)
    call.text("service_introduction", 20, required=False)
    call.text("attach", 256, required=False)
    checks.address(data.get("notify_url"), "/notify_url")
    check_time_range(data["time_range"])
    check_charges(data)
    risk = data.get("risk_fund")
    if risk is not None and risk.get("amount", 0) < 0:
        raise Rejection.parameter("/risk_fund/amount", risk["amount"], "must not be below 0")
    if confirmed and orders.find(state, number) is None:
        permissions.assert_permitted(state, data)
    return orders.create(state, number, content, data, confirmed=confirmed)


def _created(call: Call) -> dict[str, Any]:
    content = checks.accepted(call)
    confirmed = call.data.get("need_user_confirm") is False
    order = create(call, call.data, content, confirmed=confirmed)
    package = {"package": order["package"]} if order["package"] else {}
    return listed(call, {**shown(call.state, order), **package})


def _direct_complete(call: Call, form: Form) -> dict[str, Any] | None:
    """Create an order and complete it at once."""
    content, data, state = checks.accepted(call), call.data, call.state
    total = total_of(data, {})
    order = create(call, data, content, confirmed=True)
    return answer_of(call, form, orders.complete(state, order, content, total, data))


def own(call: Call, form: Form, number: str, given: Mapping[str, Any]) -> ServiceOrder:
    """Return the order of a request, if its members match.

    Raises:
        Rejection: there is no such order, or it belongs to another service or sub-merchant.
    """
    order = orders.existing(call.state, number)
    theirs = "sub_mchid" in form.naming and order["sub_mchid"] != given.get("sub_mchid")
    others = [name for name in form.naming if given.get(name) not in (None, "", order[name])]
    if theirs or others or ("sub_mchid" not in form.naming and order["sub_mchid"]):
        raise orders.absent(number)
    return order


def answer_of(call: Call, form: Form, order: ServiceOrder) -> dict[str, Any] | None:
    """Return the response to a change of an order."""
    return listed(call, shown(call.state, order)) if form.shows else None


def queried(call: Call, form: Form) -> ServiceOrder:
    """Return the order of a query by either of its numbers.

    Raises:
        Rejection: the query contains no number or both, or there is no matching order.
    """
    checks.accepted(call)
    number, query_id = (call.query.get(name, "") for name in ("out_order_no", "query_id"))
    if bool(number) == bool(query_id):
        issue = "or query_id is required, and not both"
        raise Rejection.parameter("out_order_no", number, issue, "query")
    found = orders.find(call.state, number, query_id)
    if found is None:
        raise orders.absent(number or query_id)
    return own(call, form, found["out_order_no"], call.query)


Change = Callable[[Call, ServiceOrder, str], ServiceOrder | None]
"""Changes an order by a request; the last argument is the fingerprint of the request."""


def _complete(call: Call, order: ServiceOrder, content: str) -> ServiceOrder:
    total = total_of(call.data, order["terms"].get("risk_fund") or {})
    check_time_range(call.data.get("time_range") or {})
    return orders.complete(call.state, order, content, total, call.data)


def _modify(call: Call, order: ServiceOrder, content: str) -> ServiceOrder:
    call.text("reason", 50)
    total = total_of(call.data, order["terms"].get("risk_fund") or {})
    return orders.modify(call.state, order, content, total, call.data)


def _cancel(call: Call, order: ServiceOrder, content: str) -> ServiceOrder:
    call.text("reason", 50)
    return orders.cancel(call.state, order, content)


def _pay(call: Call, order: ServiceOrder, _: str) -> ServiceOrder:
    return orders.collect(call.state, order)


def _sync(call: Call, order: ServiceOrder, _: str) -> ServiceOrder:
    return mark_paid(call, order)


def mark_paid(call: Call, order: ServiceOrder) -> ServiceOrder:
    """Mark an order as paid in another way.

    Raises:
        Rejection: the type is invalid, or the time is missing or invalid.
    """
    if call.data.get("type") != PAID:
        raise Rejection.parameter("type", call.data.get("type"), f"must be {PAID}")
    paid_time = (call.data.get("detail") or {}).get("paid_time")
    return orders.mark_paid(call.state, order, paid_time)


def _announce(call: Call, order: ServiceOrder, _: str) -> None:
    """Announce the cost of a service to the user."""
    total_of(call.data, order["terms"].get("risk_fund") or {})
    check_moment(call.data["prepaid_time"], "/prepaid_time")
    if description_of(order) != USER_CONFIRM:
        raise Rejection(400, "INVALID_REQUEST", f"当前订单状态不合法: {order['state']}")


COMMON: dict[str, Change] = {
    "complete": _complete,
    "modify": _modify,
    "cancel": _cancel,
    "sync": _sync,
}
BY_MERCHANTS: dict[str, Change] = {
    "pay": _pay,
    "send-pendingmessage": _announce,
    "send-prepaidmessage": _announce,
}


def _register(form: Form, changes: Mapping[str, Change]) -> None:
    operation("POST", f"{form.base}/{ORDERS}")(_created)
    operation("POST", f"{form.base}/{ON_DELIVERY}")(_created)

    @operation("GET", f"{form.base}/{ORDERS}")
    def query(call: Call) -> dict[str, Any]:
        return listed(call, shown(call.state, queried(call, form)))

    for name, each in changes.items():

        def serve(call: Call, change: Change = each) -> dict[str, Any] | None:
            content = checks.accepted(call)
            order = own(call, form, call.params["out_order_no"], call.data)
            changed = change(call, order, content)
            return None if changed is None else answer_of(call, form, changed)

        operation("POST", f"{form.base}/{ORDERS}/{{out_order_no}}/{name}")(serve)


def _register_direct_complete(form: Form) -> None:
    @operation("POST", f"{form.base}/{ORDERS}/direct-complete")
    def direct_complete(call: Call) -> dict[str, Any] | None:
        return _direct_complete(call, form)


_register(DIRECT, COMMON | BY_MERCHANTS)
_register(PARTNER, COMMON | BY_MERCHANTS)
_register(BANK, COMMON)
_register_direct_complete(DIRECT)
_register_direct_complete(PARTNER)
