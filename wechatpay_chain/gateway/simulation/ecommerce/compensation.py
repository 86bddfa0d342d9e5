"""Compensations (赔付), which a platform or a sub-merchant pays to a customer or a merchant.

The money is debited at once and credited after a few seconds of the gateway's time. If the customer
has to confirm, the bill waits up to 24 hours. If the balance of a deposit account is too low, the
bill is closed; the account for expenses (`OPERATION`) is topped up, as for transfers.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4013504176 (confirmed by the customer),
https://pay.weixin.qq.com/doc/v3/partner/4013504196 (states),
https://pay.weixin.qq.com/doc/v3/partner/4016777363 (to a sub-merchant)
"""

from __future__ import annotations

from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .. import funds
from ..accounts import kinds
from ..payments import records as payments
from ..schedule import settles
from ..sharing.records import record_number
from ..tokens import random_token

__all__ = [
    "ACCEPTED",
    "CANCELLED",
    "CLOSED",
    "SUCCESS",
    "WAITING",
    "Compensation",
    "cancel",
    "confirm",
    "create",
    "existing",
    "existing_by_id",
    "fail",
    "settle_due",
]

ACCEPTED, WAITING, SUCCESS = "ACCEPTED", "WAIT_USER_CONFIRM", "SUCCESS"
CLOSED, CANCELLED = "CLOSED", "CANCELLED"
UNDER_WAY = (ACCEPTED, WAITING)
ARRIVING = 5
"""Seconds until the money is credited."""
CONFIRM_WITHIN = 24 * 3600
"""Seconds during which a customer can confirm."""

Compensation = dict[str, Any]


def create(state: State, about: dict[str, Any], *, confirmed: bool) -> Compensation:
    """Create a compensation, or return the existing one if the content is the same.

    Args:
        state: the state of the merchant.
        about: `product`, `out_bill_no`, `sub_mchid`, `account_type`, `target` in the ledger,
            `amount`, `remark`, `receiver`, and `content`, the fingerprint of the request.
        confirmed: whether the customer has to confirm.

    Raises:
        Rejection: the number was used with other content, or the amount is invalid.
    """
    number = about["out_bill_no"]
    known = _find(state, number)
    if known is not None:
        if known["content"] != about["content"]:
            raise Rejection(400, "INVALID_REQUEST", f"商户单号已用于其他内容: {number}")
        return known
    payments.whole_fen(about["amount"], "/amount")
    now = state.clock.now()
    made = {
        **about,
        "bill_id": record_number(state, "1330"),
        "package_info": random_token(48) if confirmed else "",
        "state": WAITING if confirmed else ACCEPTED,
        "reason": "",
        "created": now,
        "ended": now + (CONFIRM_WITHIN if confirmed else ARRIVING),
    }
    _take(state, made)
    state.store.put("compensation-id", made["bill_id"], {"out_bill_no": number})
    return made


def _take(state: State, made: Compensation) -> None:
    account = kinds.available(made["account_type"], made["sub_mchid"])
    if made["account_type"] == kinds.OPERATION:
        funds.top_up(state, account, made["amount"])
    if state.ledger.balance(account) < made["amount"]:
        made |= {"state": CLOSED, "reason": "账户余额不足", "ended": made["created"]}
    else:
        _move(state, "compensation", made, account, "transit", made["created"])
        number = {"out_bill_no": made["out_bill_no"]}
        state.store.put("compensating", made["out_bill_no"], number)
    _save(state, made)


def _move(state: State, kind: str, made: Compensation, source: str, target: str, at: float) -> None:
    numbers = {name: made[name] for name in ("out_bill_no", "bill_id")}
    state.ledger.move(kind, made["amount"], source, target, at=at, **numbers)


def _save(state: State, made: Compensation) -> None:
    state.store.put("compensation", made["out_bill_no"], made)
    state.log.tell("compensation", made)


def _find(state: State, number: str) -> Compensation | None:
    made = state.store.get("compensation", number)
    if made is None:
        return None
    if made["state"] in UNDER_WAY and made["ended"] <= state.clock.now():
        if made["state"] == ACCEPTED:
            _end(state, made, SUCCESS, made["ended"])
        else:
            _end(state, made, CLOSED, made["ended"], "用户超时未确认")
    return made


def existing(
    state: State, number: str, product: str | None = None, sub_mchid: str | None = None
) -> Compensation:
    """Return a compensation by its merchant-assigned number, in its current state.

    Args:
        state: the state of the merchant.
        number: `out_bill_no`.
        product: the required kind of compensation; None accepts any kind.
        sub_mchid: the sub-merchant that must be the payer; None accepts any payer.

    Raises:
        Rejection: there is no such compensation.
    """
    made = _find(state, number)
    if (
        made is None
        or product not in (None, made["product"])
        or sub_mchid not in (None, made["sub_mchid"])
    ):
        raise Rejection(404, "NOT_FOUND", f"赔付单不存在: {number}")
    return made


def existing_by_id(
    state: State, bill_id: str, product: str, sub_mchid: str | None = None
) -> Compensation:
    """Return a compensation by WeChat Pay's number, like `existing`.

    Raises:
        Rejection: there is no such compensation.
    """
    pointer = state.store.get("compensation-id", bill_id)
    number = "" if pointer is None else pointer["out_bill_no"]
    return existing(state, number, product, sub_mchid)


@settles
def settle_due(state: State) -> None:
    """End the compensations that have arrived or expired."""
    for each in state.store.all("compensating"):
        _find(state, each["out_bill_no"])


def _end(state: State, made: Compensation, outcome: str, moment: float, reason: str = "") -> None:
    """Move the money to the receiver, or back to the payer, and store the outcome."""
    if outcome == SUCCESS:
        _move(state, "compensated", made, "transit", made["target"], moment)
    else:
        account = kinds.available(made["account_type"], made["sub_mchid"])
        _move(state, "compensation_returned", made, "transit", account, moment)
    made |= {"state": outcome, "ended": moment, "reason": reason}
    state.store.delete("compensating", made["out_bill_no"])
    _save(state, made)


def _decide(
    state: State, made: Compensation, expected: tuple[str, ...], outcome: str, reason: str = ""
) -> Compensation:
    if made["state"] not in expected:
        message = f"赔付单状态是 {made['state']}，不是 {'、'.join(expected)}: {made['out_bill_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    _end(state, made, outcome, state.clock.now(), reason)
    return made


def confirm(state: State, number: str) -> Compensation:
    """Confirm a compensation on the customer's behalf; the money arrives.

    Raises:
        Rejection: the compensation does not exist, or does not wait for a confirmation.
    """
    return _decide(state, existing(state, number), (WAITING,), SUCCESS)


def fail(state: State, number: str, reason: str) -> Compensation:
    """Close a compensation that has not ended; the money returns to the payer.

    Raises:
        Rejection: the compensation does not exist, or has ended.
    """
    return _decide(state, existing(state, number), UNDER_WAY, CLOSED, reason)


def cancel(state: State, made: Compensation) -> Compensation:
    """Cancel an unconfirmed compensation; a repetition has no effect.

    Raises:
        Rejection: the compensation does not wait for a confirmation.
    """
    if made["state"] == CANCELLED:
        return made
    return _decide(state, made, (WAITING,), CANCELLED)
