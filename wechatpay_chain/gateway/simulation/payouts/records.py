"""Lifecycle of a payment (企业付款): to a user at once, to a bank account after a while.

The merchant's account for expenses (`operation` in the ledger) pays, and is topped up as required.
A payment to a bank account costs a fee, is processed for a few seconds of the gateway's time, and
can fail or be returned by the bank.

Sources: https://pay.weixin.qq.com/wiki/doc/api/tools/mch_pay.php?chapter=14_2 (to a user),
https://pay.weixin.qq.com/wiki/doc/api/tools/mch_pay_yhk.php?chapter=24_2 (to a bank account)
"""

from __future__ import annotations

from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .. import checks, fees, funds
from ..schedule import settles
from ..tokens import record_number

__all__ = [
    "BANK_FAIL",
    "FAILED",
    "PROCESSING",
    "SUCCESS",
    "Payout",
    "accept",
    "existing",
    "fail",
    "find",
    "pay",
    "refuse",
    "settle_due",
]

PROCESSING, SUCCESS = "PROCESSING", "SUCCESS"
FAILED, BANK_FAIL = "FAILED", "BANK_FAIL"
SETTLING = 10
"""Seconds of the processing of a payment to a bank account."""
ACCOUNT = "operation"
"""The ledger account that pays."""

Payout = dict[str, Any]


def pay(state: State, number: str, content: str, about: dict[str, Any]) -> Payout:
    """Create a payment, or return the existing one if the content is the same.

    Args:
        state: the state of the merchant.
        number: `partner_trade_no`.
        content: the fingerprint of the request.
        about: the payment's `product`, `amount`, `fee`, `openid`, …

    Raises:
        Rejection: the number was used with other content, the payment has failed, or payments to
            the user are refused.
    """
    known = find(state, number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(200, "FATAL_ERROR", f"商户单号已用于参数不同的付款: {number}")
        if known["state"] in (FAILED, BANK_FAIL):
            raise Rejection(200, "SEND_FAILED", f"付款失败，请更换单号: {number}")
        return known
    refused = state.store.get("payout-refusal", about.get("openid", ""))
    if refused is not None:
        raise Rejection(200, refused["code"], f"付款被拒绝: {about['openid'][:64]}")
    now, to_bank = state.clock.now(), "openid" not in about
    payout = {
        "partner_trade_no": number,
        "payment_no": record_number("1000", state.clock.compact()[:8]),
        "state": PROCESSING if to_bank else SUCCESS,
        "created": now,
        "settles": now + SETTLING if to_bank else now,
        "content": content,
        "fee": 0,
        "reason": "",
        **about,
    }
    funds.top_up(state, ACCOUNT, payout["amount"] + payout["fee"])
    _move(state, payout, "payout", ACCOUNT, "transit" if to_bank else "user", now)
    fees.charge(state, payout["fee"], ACCOUNT, **_numbers(payout))
    if to_bank:
        state.store.put("payout-open", number, {"partner_trade_no": number})
    _save(state, payout)
    return payout


def _numbers(payout: Payout) -> dict[str, str]:
    return {name: payout[name] for name in ("partner_trade_no", "payment_no")}


def _move(state: State, payout: Payout, kind: str, source: str, target: str, at: float) -> None:
    state.ledger.move(kind, payout["amount"], source, target, at=at, **_numbers(payout))


def _save(state: State, payout: Payout) -> None:
    state.store.put("payout", payout["partner_trade_no"], payout)
    state.log.tell("payout", payout)


def find(state: State, number: str) -> Payout | None:
    """Return a payment by its merchant-assigned number, in its current state, or None."""
    payout = state.store.get("payout", number)
    if payout is None:
        return None
    if payout["state"] == PROCESSING and payout["settles"] <= state.clock.now():
        with state.store.transaction():  # concurrent readers complete it once
            _move(state, payout, "payout_arrived", "transit", "user", payout["settles"])
            payout["state"] = SUCCESS
            state.store.delete("payout-open", number)
            _save(state, payout)
    return payout


def existing(state: State, number: str, product: str, code: str) -> Payout:
    """Return a payment by its merchant-assigned number.

    Args:
        state: the state of the merchant.
        number: `partner_trade_no`.
        product: the required product.
        code: the code of the rejection.

    Raises:
        Rejection: there is no such payment.
    """
    payout = find(state, number)
    if payout is None or payout["product"] != product:
        raise Rejection(200, code, f"指定单号数据不存在: {number}")
    return payout


@settles
def settle_due(state: State) -> None:
    """Store the payments that have arrived."""
    for each in state.store.all("payout-open"):
        find(state, each["partner_trade_no"])


def fail(state: State, number: str, reason: str, *, by_bank: bool = False) -> Payout:
    """Fail a payment to a bank account; the amount and the fee are returned.

    Args:
        state: the state of the merchant.
        number: `partner_trade_no`.
        reason: the reason in queries.
        by_bank: whether the bank returns the money, which is also possible after a success.

    Raises:
        Rejection: there is no such payment, or it cannot fail any more.
    """
    payout = find(state, number)
    if payout is None:
        raise Rejection(404, "NOT_FOUND", f"付款单不存在: {number}")
    arrived = payout["product"] == "bank" and payout["state"] == SUCCESS
    if payout["state"] != PROCESSING and not (by_bank and arrived):
        raise Rejection(400, "INVALID_REQUEST", f"付款单状态是 {payout['state']}: {number}")
    now = state.clock.now()
    source = "user" if arrived else "transit"
    _move(state, payout, "payout_returned", source, ACCOUNT, now)
    fees.give_back(state, payout["fee"], ACCOUNT, **_numbers(payout))
    payout["state"] = BANK_FAIL if by_bank else FAILED
    payout["reason"] = checks.text(reason, "/reason", 64)
    state.store.delete("payout-open", number)
    _save(state, payout)
    return payout


def refuse(state: State, openid: str, code: str) -> dict[str, str]:
    """Reject future payments to a user.

    Args:
        state: the state of the merchant.
        openid: the openid of the user.
        code: the code of the rejection, such as `NAME_MISMATCH`.
    """
    refusal = {"openid": checks.text(openid, "/openid", 64), "code": checks.text(code, "/code", 32)}
    state.store.put("payout-refusal", openid, refusal)
    return refusal


def accept(state: State, openid: str) -> dict[str, str]:
    """Accept payments to a user again.

    Args:
        state: the state of the merchant.
        openid: the openid of the user.
    """
    state.store.delete("payout-refusal", openid)
    return {"openid": openid}
