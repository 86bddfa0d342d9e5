"""Seven operations of compensations, `v3/platsolution/ecommerce/mch-transfer`, with one shape.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4013504175 (to customers),
https://pay.weixin.qq.com/doc/v3/partner/4013504184 (of insurers),
https://pay.weixin.qq.com/doc/v3/partner/4013504198 (from deposits)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..accounts import kinds
from ..payments import records as payments
from ..registry import operation
from ..sharing import records as sharing
from . import compensation
from .compensation import Compensation

__all__ = ["PRODUCTS"]

BASE = "v3/platsolution/ecommerce/mch-transfer"
USER, MERCHANT, SUB_MERCHANT = "user", "merchant", "sub-merchant"


class Product(NamedTuple):
    """A kind of compensation.

    Attributes:
        name: the name in the path.
        account_type: the type of the paying account.
        to: the kind of receiver.
        of_sub: whether a sub-merchant pays.
        shown: the members of the receiver that responses contain.
        confirmed: whether the product has a form that the customer confirms.
        by_id: whether it can be queried by WeChat Pay's number.
        by_number: the path of the query by the merchant-assigned number.
    """

    name: str
    account_type: str
    to: str
    of_sub: bool
    shown: tuple[str, ...]
    confirmed: bool = False
    by_id: bool = True
    by_number: str = "out-bill-no/{out_bill_no}"


ORDER = ("type", "transaction_info")
PRODUCTS = (
    Product("compensate-bills", kinds.OPERATION, USER, False, ORDER, confirmed=True),
    Product("insurance-claim-bills", kinds.OPERATION, USER, True, ORDER, confirmed=True),
    Product("deposit-after-sales-compensation-bills", kinds.DEPOSIT, USER, True, ORDER),
    Product(
        "deposit-shipping-cost-compensation-bills",
        kinds.DEPOSIT,
        USER,
        True,
        ("transaction_info", "user_info"),
        by_id=False,
    ),
    Product(
        "deposit-insurance-premiums-compensation-bills",
        kinds.DEPOSIT,
        MERCHANT,
        True,
        ("type", "mch_info", "transaction_info"),
        by_id=False,
        by_number="{out_bill_no}",
    ),
    Product(
        "sub-mch-compensation-bills",
        kinds.OPERATION,
        SUB_MERCHANT,
        False,
        ("type", "mch_info"),
        by_id=False,
        by_number="{out_bill_no}",
    ),
    Product("transfer-bills", kinds.DEPOSIT, MERCHANT, True, ("type", "mch_info")),
)


def _register(product: Product) -> None:
    base = f"{BASE}/{product.name}"

    @operation("POST", base)
    def create(call: Call) -> dict[str, Any]:
        return _shown(call.state, product, _created(call, product, confirmed=False))

    @operation("GET", f"{base}/{product.by_number}")
    def by_number(call: Call) -> dict[str, Any]:
        return _shown(call.state, product, _existing(call, product, call.query))

    if product.by_id:

        @operation("GET", f"{base}/bill-id/{{bill_id}}")
        def by_id(call: Call) -> dict[str, Any]:
            sub_mchid = _sub_mchid_filter(call, product, call.query)
            made = compensation.existing_by_id(
                call.state, call.params["bill_id"], product.name, sub_mchid
            )
            return _shown(call.state, product, made)

    if product.confirmed:

        @operation("POST", f"{base}/pre-transfer")
        def pre_transfer(call: Call) -> dict[str, Any]:
            made = _created(call, product, confirmed=True)
            numbers = {name: made[name] for name in ("out_bill_no", "bill_id", "package_info")}
            accepted = {"accept_time": call.state.clock.rfc3339(made["created"])}
            return {**_partner(made), **numbers, **accepted}

        @operation("POST", f"{base}/out-bill-no/{{out_bill_no}}/cancel")
        def cancel(call: Call) -> dict[str, Any]:
            checks.accepted(call)
            made = _existing(call, product, call.data)
            before = made["state"]
            made = compensation.cancel(call.state, made)
            return {
                **_partner(made),
                "out_bill_no": made["out_bill_no"],
                "bill_id": made["bill_id"],
                "state": before if before == compensation.CANCELLED else "CANCELING",
                "cancel_accept_time": call.state.clock.rfc3339(made["ended"]),
            }


def _created(call: Call, product: Product, *, confirmed: bool) -> Compensation:
    content, data, state = checks.accepted(call), call.data, call.state
    sponsor = data.get("sponsor_mchid") or state.mchid
    if sponsor != state.mchid:
        raise Rejection(403, "NO_AUTH", f"出资商户未授权: {sponsor}")
    receiver = data["receiver"]
    sub_mchid = (data.get("sub_mchid") or "") if product.of_sub else ""
    _assert_ordered(state, receiver, sub_mchid)
    about = {
        "product": product.name,
        "out_bill_no": checks.number(
            data["out_bill_no"], "/out_bill_no", longest=32, signs=checks.LETTERS
        ),
        "sub_mchid": sub_mchid,
        "account_type": product.account_type,
        "target": _target(state, product, receiver),
        "amount": payments.whole_fen(data.get("amount"), "/amount"),
        "remark": checks.text(data["transfer_remark"], "/transfer_remark", 32),
        "receiver": {name: receiver[name] for name in product.shown if receiver.get(name)},
        "content": f"{product.name} {confirmed} {content}",
        "more": {
            name: data[name] for name in ("business_type", "receiver_remark") if data.get(name)
        },
    }
    return compensation.create(state, about, confirmed=confirmed)


def _target(state: State, product: Product, receiver: dict[str, Any]) -> str:
    """Return the receiver's account in the ledger."""
    if product.to == USER:
        return "user"
    given = receiver.get("mch_info") or {}
    mchid = checks.text(given.get("mchid") or given.get("mch_id"), "/receiver/mch_info/mchid", 32)
    if product.to == SUB_MERCHANT:
        known = state.profile.sub_merchants
        if mchid == state.mchid or (known and mchid not in known):
            raise Rejection(400, "INVALID_REQUEST", f"接收方不是平台的二级商户: {mchid}")
        return funds.account_of("merchant", mchid)
    return sharing.account_of(state, {"type": sharing.MERCHANT, "account": mchid})


def _assert_ordered(state: State, receiver: dict[str, Any], sub_mchid: str) -> None:
    """Reject a compensation for an order that does not exist or belongs to another sub-merchant."""
    given = receiver.get("transaction_info")
    if not given:
        return
    number = given["transaction_id"]
    order = payments.find(state, transaction_id=number) if number else None
    if order is None or sub_mchid not in ("", funds.sub_merchant(order)):
        raise Rejection(400, "INVALID_REQUEST", f"订单不存在: {number}")


def _sub_mchid_filter(call: Call, product: Product, given: dict[str, Any]) -> str | None:
    """Return the sub-merchant that a query is limited to; None if it has no such member."""
    takes = call.operation is not None and any(
        each.name == "sub_mchid" for each in (*call.operation.query, *call.operation.body)
    )
    return (given.get("sub_mchid") or "") if takes and product.of_sub else None


def _existing(call: Call, product: Product, given: dict[str, Any]) -> Compensation:
    sub_mchid = _sub_mchid_filter(call, product, given)
    return compensation.existing(call.state, call.params["out_bill_no"], product.name, sub_mchid)


def _partner(made: Compensation) -> dict[str, str]:
    return {"sub_mchid": made["sub_mchid"]} if made["sub_mchid"] else {}


def _shown(state: State, product: Product, made: Compensation) -> dict[str, Any]:
    sponsor = {} if made["sub_mchid"] else {"sponsor_mchid": state.mchid}
    view = {
        "sp_mchid": state.mchid,
        **(_partner(made) if product.of_sub else {}),
        **sponsor,
        **made["more"],
        "receiver_detail": {"receiver": made["receiver"]},
        "out_bill_no": made["out_bill_no"],
        "bill_id": made["bill_id"],
        "amount": made["amount"],
        "transfer_remark": made["remark"],
        "state": made["state"],
        "accept_time": state.clock.rfc3339(made["created"]),
    }
    ended = state.clock.rfc3339(made["ended"])
    if made["state"] == compensation.SUCCESS:
        view["success_time"] = ended
    if made["state"] == compensation.CLOSED:
        view["close_info"] = {"close_time": ended, "close_reason": made["reason"]}
    return view


for _product in PRODUCTS:
    _register(_product)
