"""APIv3's refunds, for direct merchants and partners.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012791862 (apply),
https://pay.weixin.qq.com/doc/v3/partner/4012709253 (apply, partners),
https://pay.weixin.qq.com/docs/merchant/apis/refund/refunds/create-abnormal-refund.html
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from .. import checks, funds
from ..coupons import amounts, promotions
from ..payments import records as payments
from ..payments.records import Order
from ..registry import operation
from . import records as refunding
from .records import Refund

__all__ = [
    "abnormal",
    "apply",
    "asked",
    "order_of",
    "post",
    "query",
    "send_elsewhere",
    "shown",
]

BASE = "v3/refund/domestic/refunds"
ACCOUNTS = ("AVAILABLE", "UNAVAILABLE")
SUMMARIES = {
    refunding.SUCCESS: "退款成功",
    refunding.ABNORMAL: "退款异常",
    refunding.CLOSED: "退款关闭",
}


@operation("POST", BASE)
def apply(call: Call) -> dict[str, Any]:
    """Refund an order, in full or in part."""
    given = asked(call, "v3")
    number, order = given.pop("out_refund_no"), order_of(call)
    return shown(call.state, refunding.create(call.state, number, order, given))


def asked(call: Call, protocol: str) -> dict[str, Any]:
    """Validate a request, and return the number and the members of its refund.

    Args:
        call: the request.
        protocol: selects the notification; see `records.on_change`.

    Raises:
        Rejection: a member of the request is invalid.
    """
    content, data = checks.accepted(call), call.data
    amount = data["amount"]
    return {
        "out_refund_no": checks.number(data["out_refund_no"], "/out_refund_no"),
        "protocol": protocol,
        "content": content,
        "amount": payments.whole_fen(amount["refund"], "/amount/refund"),
        "total": payments.whole_fen(amount["total"], "/amount/total"),
        "currency": checks.text(amount.get("currency", "CNY"), "/amount/currency", 16),
        "sub_mchid": data.get("sub_mchid") or "",
        "from": _sources(amount.get("from"), amount["refund"]),
        "from_available": data.get("funds_account") == "AVAILABLE",
        "reason": data.get("reason") or "",
        "notify_url": checks.address(data.get("notify_url"), "/notify_url"),
    }


def order_of(call: Call) -> Order | None:
    """Return the order of a request; WeChat Pay's number takes precedence; None if unknown."""
    number, transaction = call.data.get("out_trade_no"), call.data.get("transaction_id")
    if not number and not transaction:
        raise Rejection.parameter("transaction_id", None, "or out_trade_no is required")
    order = payments.find(call.state, "" if transaction else number or "", transaction or "")
    if order is not None and number and order["out_trade_no"] != number:
        raise refunding.rejection("other", "v3", number)
    return order


def _sources(given: list[dict[str, Any]] | None, refund: int) -> list[dict[str, Any]]:
    """Return the paying accounts with their amounts, which must add up to the refund."""
    for index, each in enumerate(given or ()):
        checks.one_of(each["account"], f"/amount/from/{index}/account", ACCOUNTS)
        payments.whole_fen(each["amount"], f"/amount/from/{index}/amount")
    if given and sum(each["amount"] for each in given) != refund:
        raise Rejection.parameter("/amount/from", given, "must add up to /amount/refund")
    return [{name: each[name] for name in ("account", "amount")} for each in given or ()]


@operation("GET", f"{BASE}/{{out_refund_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return a refund by its merchant-assigned number."""
    refund = refunding.existing(call.state, call.params["out_refund_no"])
    if refund["sub_mchid"] != call.query.get("sub_mchid", ""):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"退款单不存在: {refund['out_refund_no']}")
    return shown(call.state, refund)


@operation("POST", f"{BASE}/{{refund_id}}/apply-abnormal-refund")
def abnormal(call: Call) -> dict[str, Any]:
    """Send an abnormal refund to a bank card of the customer or the merchant."""
    return shown(call.state, send_elsewhere(call))


def send_elsewhere(call: Call) -> Refund:
    """Send the abnormal refund of a request to the bank card in the request.

    Raises:
        Rejection: there is no such refund, it is not abnormal, or a member is invalid.
    """
    content, data = checks.accepted(call), call.data
    refund = refunding.find_by_id(call.state, call.params["refund_id"])
    if refund is None or refund["sub_mchid"] != (data.get("sub_mchid") or ""):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"退款单不存在: {call.params['refund_id']}")
    if data["out_refund_no"] != refund["out_refund_no"]:
        issue = f"is not the number of refund {refund['refund_id']}"
        raise Rejection.parameter("out_refund_no", data["out_refund_no"], issue)
    if data["type"] == "MERCHANT_BANK_CARD":
        target, received = "bank", "商户结算银行账户"
    elif data["type"] == "USER_BANK_CARD":
        call.require("bank_type", "bank_account", "real_name")
        target, received = "payer", f"{data['bank_type']}{str.__str__(data['bank_account'])[-4:]}"
    else:
        issue = "must be USER_BANK_CARD or MERCHANT_BANK_CARD"
        raise Rejection.parameter("type", data["type"], issue)
    return refunding.resend_to(call.state, refund, target, received, content)


def shown(state: State, refund: Refund) -> dict[str, Any]:
    """Return a refund as a response."""
    order, frozen = (
        payments.existing(state, refund["out_trade_no"]),
        refund["source"].startswith("frozen"),
    )
    view = {
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "transaction_id": refund["transaction_id"],
        "out_trade_no": refund["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": refund["received"],
        "create_time": state.clock.rfc3339(refund["created"]),
        "status": refund["state"],
        "funds_account": "UNSETTLED" if frozen else "AVAILABLE",
        "amount": {
            "total": refund["total"],
            "refund": refund["amount"],
            "from": refund.get("from", []),
            **promotions.refund_amount(order, refund),
            "currency": refund["currency"],
            "refund_fee": 0,
        },
        "promotion_detail": promotions.refund_promotions(order, refund),
    }
    if refund["state"] == refunding.SUCCESS:
        view["success_time"] = state.clock.rfc3339(refund["succeeded"])
    return view


@refunding.on_change("v3")
def tell(state: State, outbox: Outbox, refund: Refund) -> str:
    """Send `REFUND.SUCCESS`, `REFUND.ABNORMAL` or `REFUND.CLOSED`."""
    return post(state, outbox, refund, {})


def post(state: State, outbox: Outbox, refund: Refund, more: dict[str, Any]) -> str:
    """Send the result of a refund, and return the notification's id.

    Args:
        state: the state of the merchant.
        outbox: at the time of the notification.
        refund: the refund.
        more: additional members of some refunds.
    """
    order = payments.existing(state, refund["out_trade_no"])
    mchid = state.identity.mchid
    partner = {"sp_mchid": mchid, "sub_mchid": funds.sub_merchant(order)}
    content = {
        **(partner if partner["sub_mchid"] else {"mchid": mchid}),
        "transaction_id": refund["transaction_id"],
        "out_trade_no": refund["out_trade_no"],
        "refund_id": refund["refund_id"],
        "out_refund_no": refund["out_refund_no"],
        "refund_status": refund["state"],
        "user_received_account": refund["received"],
        "amount": {
            "total": refund["total"],
            "refund": refund["amount"],
            "payer_total": amounts.payer_total(order),
            "payer_refund": amounts.paid_back(refund),
        },
        **more,
    }
    if refund["state"] == refunding.SUCCESS:
        content["success_time"] = state.clock.rfc3339(refund["succeeded"])
    return outbox.post(
        refund["notify_url"],
        f"REFUND.{refund['state']}",
        content,
        summary=SUMMARIES[refund["state"]],
        original_type="refund",
    )
