"""Closing a sub-merchant with a withdrawal of all its money (注销提现): the states.

An application with proof documents is reviewed until a control decides. Another one passes the
review within seconds. Then the sub-merchant confirms, or the platform on its behalf. Without a
confirmation, the application is revoked after 30 days. A confirmed application closes the
sub-merchant and sends its money to the bank, one payment for each account.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4018153750 (states),
https://pay.weixin.qq.com/doc/v3/partner/4013892756 (30 days)
"""

from __future__ import annotations

from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..accounts import kinds
from ..schedule import settles

__all__ = [
    "ACCEPTED",
    "ACCOUNTS",
    "CONFIRMABLE",
    "FINISHED",
    "FUND_PROCESSING",
    "PENDING",
    "PROCESSING",
    "RETURNED",
    "REVIEWING",
    "Cancellation",
    "approve",
    "confirm",
    "create",
    "existing",
    "find",
    "find_by_id",
    "is_closed",
    "reject",
    "return_",
    "settle_due",
    "succeed",
]

ACCEPTED, REVIEWING, REJECTED = "ACCEPTED", "REVIEWING", "REJECTED"
CONFIRMABLE, REVOKED = "WAITING_MERCHANT_CONFIRM", "REVOKED"
PROCESSING, CANCELED = "SYSTEM_PROCESSING", "CANCELED"
FUND_PROCESSING, FINISHED = "FUND_PROCESSING", "FINISH"
PENDING, PAID, RETURNED = "PAY_PROCESSING", "PAY_SUCCEED", "BANK_REFUNDED"
PASSES = 3
"""Seconds until an application without documents passes the review."""
CLOSES = 5
"""Seconds from the confirmation to the closing of the sub-merchant."""
ARRIVES = 5
"""Seconds from the closing to the arrival of the money."""
CONFIRMED_WITHIN = 30 * 86400
"""Seconds in which an application can be confirmed."""
ACCOUNTS = {
    "BASIC_ACCOUNT": kinds.BASIC,
    "OPERATE_ACCOUNT": kinds.OPERATION,
    "MARGIN_ACCOUNT": kinds.DEPOSIT,
    "TRADE_FEE_ACCOUNT": kinds.FEES,
}
"""The accounts of a sub-merchant: their names in these operations, and in `kinds`."""

Cancellation = dict[str, Any]


def is_closed(state: State, sub_mchid: str) -> bool:
    """Return whether a sub-merchant has been closed."""
    return state.store.get("closed-sub-merchant", sub_mchid) is not None


def create(state: State, cancellation: Cancellation) -> Cancellation:
    """Store a new application; `documents` determines whether a control must review it."""
    now = state.clock.now()
    made = {
        **cancellation,
        "state": REVIEWING if cancellation["documents"] else ACCEPTED,
        "reason": "",
        "due": 0.0 if cancellation["documents"] else now + PASSES,
        "payments": {},
        "created": now,
        "updated": now,
    }
    number = {"out_request_no": made["out_request_no"]}
    state.store.put("cancellation-number", made["applyment_id"], number)
    _save(state, made)
    return made


def find(state: State, number: str) -> Cancellation | None:
    """Return an application by the platform's number in its current state, or None."""
    made = state.store.get("cancellation", number)
    while made is not None and made["due"] and made["due"] <= state.clock.now():
        _advance(state, made)
    return made


def find_by_id(state: State, applyment_id: str) -> Cancellation | None:
    """Return an application by WeChat Pay's number in its current state, or None."""
    known = state.store.get("cancellation-number", applyment_id)
    return None if known is None else find(state, known["out_request_no"])


def existing(made: Cancellation | None, number: str) -> Cancellation:
    """Return an application.

    Raises:
        Rejection: it is None.
    """
    if made is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"注销提现申请单不存在: {number}")
    return made


@settles
def settle_due(state: State) -> None:
    """Store the states that have become due."""
    for each in state.store.all("cancellation-due"):
        find(state, each["out_request_no"])


def _advance(state: State, made: Cancellation) -> None:
    """Make the transition that is due, at its time."""
    now, before = made["due"], made["state"]
    made |= {"due": 0.0, "updated": now}
    if before == ACCEPTED:
        made |= {"state": CONFIRMABLE, "due": now + CONFIRMED_WITHIN}
    elif before == CONFIRMABLE:
        made |= {"state": REVOKED, "reason": "超过30天未确认"}
    elif before == PROCESSING:
        _close(state, made, now)
    elif before == FUND_PROCESSING:
        _arrive(state, made, now)
    _save(state, made)


def _close(state: State, made: Cancellation, now: float) -> None:
    """Close the sub-merchant, and take its money unless the application leaves it."""
    sub = made["sub_mchid"]
    if not is_closed(state, sub):
        closed = {"sub_mchid": sub, "out_apply_no": made["out_request_no"]}
        state.store.put("closed-sub-merchant", sub, closed)
        if sub in state.profile.sub_merchants:
            state.change_sub_merchant(sub, {"permissions": []})
    made["state"] = CANCELED
    if not made["withdraw"]:
        return
    for name, kind in ACCOUNTS.items():
        amount = state.ledger.balance(kinds.available(kind, sub))
        if amount > 0:
            made["payments"][name] = {"amount": amount, "state": PENDING}
            _move(state, "withdraw", made, amount, kinds.available(kind, sub), _waiting(made), now)
    made |= {"state": FUND_PROCESSING, "due": now + ARRIVES}


def _arrive(state: State, made: Cancellation, now: float) -> None:
    for payment in made["payments"].values():
        _move(state, "withdrawn", made, payment["amount"], _waiting(made), "bank", now)
        payment["state"] = PAID
    made |= {"state": FINISHED, "due": 0.0}


def _waiting(made: Cancellation) -> str:
    return funds.account_of("withdrawing", made["sub_mchid"])


def _move(
    state: State,
    kind: str,
    made: Cancellation,
    amount: int,
    source: str,
    target: str,
    at: float,
) -> None:
    numbers = {name: made[name] for name in ("out_request_no", "applyment_id")}
    state.ledger.move(kind, amount, source, target, at=at, **numbers)


def _save(state: State, made: Cancellation) -> None:
    number = made["out_request_no"]
    state.store.put("cancellation", number, made)
    if made["due"]:
        state.store.put("cancellation-due", number, {"out_request_no": number})
    else:
        state.store.delete("cancellation-due", number)
    state.log.tell("cancellation", made)


def _decided(state: State, number: str, *expected: str) -> Cancellation:
    """Return an application that has one of the states.

    Raises:
        Rejection: it does not exist, or has another state.
    """
    made = existing(find(state, number), number)
    if made["state"] not in expected:
        message = f"注销提现申请单状态是 {made['state']}，不是 {expected[0]}: {number}"
        raise Rejection(400, "INVALID_REQUEST", message)
    return made


def approve(state: State, number: str) -> Cancellation:
    """Pass the review: the sub-merchant has 30 days for its confirmation.

    Raises:
        Rejection: the application does not exist, or is not being reviewed.
    """
    made = _decided(state, number, REVIEWING, ACCEPTED)
    now = state.clock.now()
    made |= {"state": CONFIRMABLE, "updated": now, "due": now + CONFIRMED_WITHIN}
    _save(state, made)
    return made


def reject(state: State, number: str, reason: str) -> Cancellation:
    """Reject the application: the sub-merchant stays open.

    Raises:
        Rejection: the application does not exist, or is not being reviewed.
    """
    made = _decided(state, number, REVIEWING, ACCEPTED)
    text = checks.text(reason, "/reason", 256)
    made |= {"state": REJECTED, "reason": text, "updated": state.clock.now(), "due": 0.0}
    _save(state, made)
    return made


def confirm(state: State, number: str) -> Cancellation:
    """Confirm the closing, as the sub-merchant or on its behalf.

    Raises:
        Rejection: the application does not exist, or does not await a confirmation.
    """
    made = _decided(state, number, CONFIRMABLE)
    now = state.clock.now()
    made |= {"state": PROCESSING, "updated": now, "due": now + CLOSES}
    _save(state, made)
    return made


def succeed(state: State, number: str) -> Cancellation:
    """Complete a confirmed application immediately: close the sub-merchant and pay its money.

    Raises:
        Rejection: the application does not exist, or has not been confirmed.
    """
    made = _decided(state, number, PROCESSING, FUND_PROCESSING)
    while made["due"]:
        made["due"] = state.clock.now()
        _advance(state, made)
    return made


def return_(state: State, number: str) -> Cancellation:
    """Return the payments from the bank to the accounts of the sub-merchant.

    Raises:
        Rejection: the application does not exist, or its money has not arrived.
    """
    made, now = _decided(state, number, FINISHED), state.clock.now()
    paid = {name: each for name, each in made["payments"].items() if each["state"] == PAID}
    if not paid:
        raise Rejection(400, "INVALID_REQUEST", f"没有已到账的付款: {number}")
    for name, payment in paid.items():
        account = kinds.available(ACCOUNTS[name], made["sub_mchid"])
        _move(state, "withdraw_returned", made, payment["amount"], "bank", account, now)
        payment["state"] = RETURNED
    made["updated"] = now
    _save(state, made)
    return made
