"""Refunds of platforms (`v3/ecommerce/refunds`), including the platform's advances.

If a sub-merchant's balance is too low, the platform can pay a refund from its own account
(`REFUND_SOURCE_PARTNER_ADVANCE`) and is repaid later; see `advances`.

Sources: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter7_6_1.shtml (apply),
https://pay.weixin.qq.com/docs/partner/apis/ecommerce-refund/refunds/create-return-advance.html
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from .. import checks
from ..refunds import records as refunding
from ..refunds import v3 as domestic
from ..refunds.records import Refund
from ..registry import operation
from . import advances

__all__ = ["abnormal", "apply", "by_id", "by_number", "query_return", "return_advance"]

BASE = "v3/ecommerce/refunds"
SOURCES = SUB_MERCHANT, ADVANCE = ("REFUND_SOURCE_SUB_MERCHANT", "REFUND_SOURCE_PARTNER_ADVANCE")


@operation("POST", f"{BASE}/apply")
def apply(call: Call) -> dict[str, Any]:
    """Refund an order, in full or in part."""
    given = domestic.asked(call, "ecommerce")
    source = checks.one_of(
        call.data.get("refund_account") or SUB_MERCHANT, "refund_account", SOURCES
    )
    number, order = given.pop("out_refund_no"), domestic.order_of(call)
    given["advance"] = source == ADVANCE
    view = _shown(call.state, refunding.create(call.state, number, order, given))
    names = ("refund_id", "out_refund_no", "create_time", "amount", "promotion_detail")
    return {name: view[name] for name in (*names, "refund_account")}


@operation("GET", f"{BASE}/id/{{refund_id}}")
def by_id(call: Call) -> dict[str, Any]:
    """Return a refund by WeChat Pay's number."""
    return _shown(call.state, _own(call, call.query.get("sub_mchid", "")))


@operation("GET", f"{BASE}/out-refund-no/{{out_refund_no}}")
def by_number(call: Call) -> dict[str, Any]:
    """Return a refund by its merchant-assigned number."""
    refund = refunding.existing(call.state, call.params["out_refund_no"])
    if refund["sub_mchid"] != call.query.get("sub_mchid", ""):
        raise _absent(refund["out_refund_no"])
    return _shown(call.state, refund)


def _own(call: Call, sub_mchid: str) -> Refund:
    """Return the refund in the path, which must belong to the sub-merchant."""
    refund = refunding.find_by_id(call.state, call.params["refund_id"])
    if refund is None or refund["sub_mchid"] != sub_mchid:
        raise _absent(call.params["refund_id"])
    return refund


def _absent(number: str) -> Rejection:
    return Rejection(404, "RESOURCE_NOT_EXISTS", f"退款单不存在: {number}")


@operation("POST", f"{BASE}/{{refund_id}}/apply-abnormal-refund")
def abnormal(call: Call) -> dict[str, Any]:
    """Send an abnormal refund to a bank card of the customer or the sub-merchant."""
    return _shown(call.state, domestic.send_elsewhere(call))


@operation("POST", f"{BASE}/{{refund_id}}/return-advance")
def return_advance(call: Call) -> dict[str, Any]:
    """Debit the sub-merchant for the platform's advance."""
    checks.accepted(call)
    refund = _own(call, call.data["sub_mchid"])
    return _shown_return(call.state, refund, advances.take_back(call.state, refund))


@operation("GET", f"{BASE}/{{refund_id}}/return-advance")
def query_return(call: Call) -> dict[str, Any]:
    """Return the repayment of the platform's advance."""
    checks.accepted(call)
    refund = _own(call, call.query["sub_mchid"])
    made = advances.find(call.state, refund["refund_id"])
    if made is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"垫付回补不存在: {refund['refund_id']}")
    return _shown_return(call.state, refund, made)


def _shown_return(state: State, refund: Refund, made: advances.AdvanceReturn) -> dict[str, Any]:
    view = {
        "refund_id": refund["refund_id"],
        "advance_return_id": made["advance_return_id"],
        "return_amount": made["amount"],
        "payer_mchid": refund["sub_mchid"],
        "payer_account": "BASIC",
        "payee_mchid": state.identity.mchid,
        "payee_account": "BASIC",
        "result": made["state"],
    }
    if made["state"] == advances.SUCCESS:
        view["success_time"] = state.clock.rfc3339(made["updated"])
    return view


def _shown(state: State, refund: Refund) -> dict[str, Any]:
    view = domestic.shown(state, refund)
    names = ("refund", "from", "payer_refund", "discount_refund", "currency")
    amount = {name: view["amount"][name] for name in names}
    amount["advance"] = advances.paid(refund)
    return view | {"amount": amount, **_source(refund)}


def _source(refund: Refund) -> dict[str, str]:
    return {"refund_account": ADVANCE if refund.get("advance") else SUB_MERCHANT}


@refunding.on_change("ecommerce")
def tell(state: State, outbox: Outbox, refund: Refund) -> str:
    """Send `REFUND.SUCCESS`, `REFUND.ABNORMAL` or `REFUND.CLOSED` with the paying account."""
    return domestic.post(state, outbox, refund, _source(refund))
