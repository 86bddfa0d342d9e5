"""Returns of shared money from a receiving merchant to the sharing merchant.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012467097
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..payments import records as payments
from . import records
from .notices import notify
from .records import Sharing

__all__ = ["Given", "Return", "asked", "find", "known", "returnable", "take_back"]

TERM = 180 * 86400
"""Seconds during which shared money can be returned."""
TIMES = 50
"""Maximum number of returns of a sharing."""

Return = dict[str, Any]


class Given(NamedTuple):
    """The members of a request to return money.

    Attributes:
        number: `out_return_no`.
        content: the fingerprint of the request.
        mchid: the returning merchant.
        amount: in fen.
        description: the description of the money.
    """

    number: str
    content: str
    mchid: Any
    amount: int
    description: str


def asked(data: Mapping[str, Any], content: str) -> Given:
    """Return the members of an APIv3 request.

    Raises:
        Rejection: a member is invalid.
    """
    return Given(
        number=checks.number(data["out_return_no"], "/out_return_no"),
        content=content,
        mchid=data["return_mchid"],
        amount=payments.whole_fen(data["amount"], "/amount"),
        description=checks.text(data["description"], "/description", 80),
    )


def find(state: State, number: str) -> Return | None:
    """Return a return by its merchant-assigned number; None if there is none."""
    return state.store.get("sharing-return", number)


def known(state: State, given: Given) -> Return | None:
    """Return the return of an identical earlier request; None if the request is new.

    Raises:
        Rejection: the number was used with other content.
    """
    found = find(state, given.number)
    if found is not None and found["content"] != given.content:
        raise Rejection(400, "INVALID_REQUEST", f"商户回退单号已用于其他内容: {given.number}")
    return found


def returnable(state: State, number: str, order_id: str, sub_mchid: str) -> Sharing:
    """Return the sharing that money is taken back from; WeChat Pay's number takes precedence.

    Args:
        state: the state of the merchant.
        number: `out_order_no`, or empty.
        order_id: WeChat Pay's number, or empty.
        sub_mchid: the sharing sub-merchant; empty if the merchant itself shares.

    Raises:
        Rejection: there is no such sharing, or it has the maximum number of returns.
    """
    if not number and not order_id:
        raise Rejection.parameter("order_id", None, "or out_order_no is required")
    found = records.find(state, "" if order_id else number, order_id)
    if found is None or found["sub_mchid"] != sub_mchid:
        raise Rejection(400, "INVALID_REQUEST", f"分账单不存在: {order_id or number}")
    if number and found["out_order_no"] != number:
        raise Rejection(400, "INVALID_REQUEST", "order_id 与 out_order_no 不是同一分账单")
    if len(found["returns"]) >= TIMES:
        raise Rejection(400, "INVALID_REQUEST", f"同一分账单最多回退 {TIMES} 次")
    return found


def take_back(state: State, shared: Sharing, given: Given, member: str = "return_mchid") -> Return:
    """Take back money from a receiver at once.

    Args:
        state: the state of the merchant.
        shared: from `returnable`.
        given: the members of the request, with a new number.
        member: the member that contains the receiver in the request.

    Raises:
        Rejection: the receiver's share or balance is too small, or the term has passed.
    """
    receiver = _receiver(state, shared, given.mchid, member)
    if state.clock.now() > receiver["time"] + TERM:
        raise Rejection(400, "INVALID_REQUEST", "分账已超过 180 天，不能回退")
    rest = receiver["amount"] - receiver["returned"]
    if given.amount > rest:
        raise Rejection(400, "INVALID_REQUEST", f"剩余可回退的金额不足: {given.amount} > {rest}")
    source = records.account_of(state, receiver)
    if state.ledger.balance(source) < given.amount:
        raise Rejection(403, "NOT_ENOUGH", f"分账接收方余额不足: {given.mchid}")
    other = records.counterparty_of(state, receiver)
    if other is not None and other.balance < given.amount:
        raise Rejection(403, "NOT_ENOUGH", f"分账接收方余额不足: {given.mchid}")
    order = payments.existing(state, shared["out_trade_no"])
    made = {
        "out_return_no": given.number,
        "return_id": records.record_number(state, "3100"),
        "out_order_no": shared["out_order_no"],
        "order_id": shared["order_id"],
        "sub_mchid": shared["sub_mchid"],
        "return_mchid": given.mchid,
        "amount": given.amount,
        "description": given.description,
        "time": state.clock.now(),
        "content": given.content,
    }
    receiver["returned"] += given.amount
    shared["returns"].append(given.number)
    state.store.put("sharing", shared["out_order_no"], shared)
    state.store.put("sharing-return", given.number, made)
    numbers = {
        "out_trade_no": order["out_trade_no"],
        "transaction_id": order["transaction_id"],
        "out_return_no": given.number,
        "return_id": made["return_id"],
    }
    state.ledger.move("return", given.amount, source, funds.account("merchant", order), **numbers)
    if other is not None:
        other.give("return", given.amount, **numbers)
    told = receiver | {"amount": given.amount, "description": given.description}
    notify(state, order, made["return_id"], given.number, told, "PROFITSHARING.RETURN")
    return made


def _receiver(state: State, shared: Sharing, mchid: Any, member: str) -> dict[str, Any]:
    """Return the merchant's share with the largest amount that can be returned."""
    own = shared["sub_mchid"] or state.identity.mchid  # never its own share
    shares: list[dict[str, Any]] = [
        each
        for each in shared["receivers"]
        if each["type"] == records.MERCHANT and each["account"] == mchid != own
    ]
    if not shares:
        raise Rejection.parameter(member, mchid, "is not a merchant that received a share")
    return max(shares, key=lambda each: int(each["amount"] - each["returned"]))
