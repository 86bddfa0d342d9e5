"""Withdrawals: money of an account goes to the bank, or comes back.

A withdrawal takes the money at once and is processed for a few seconds of the gateway's time; then
the bank has it. Until then a script can have it fail. The bank may also send back what it had.
One that the account cannot pay is stored as `INIT`, and is tried again by the same request.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4014075940 (states),
https://pay.weixin.qq.com/docs/partner/apis/ecommerce-withdraw/with-draws/create-withdraw.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from .. import checks, funds
from ..payments import records as payments
from ..schedule import outbox_at, settles, withdraw
from ..sharing.records import record_number
from . import kinds
from .members import DIRECT, SUB_MERCHANT, members

__all__ = [
    "ABNORMAL",
    "FAIL",
    "INIT",
    "PROCESSING",
    "REFUND",
    "SUCCESS",
    "Withdrawal",
    "asked",
    "create",
    "existing",
    "existing_by_number",
    "fail",
    "known",
    "return_",
    "settle_due",
    "succeed",
]

INIT, PROCESSING, SUCCESS, FAIL = "INIT", "CREATE_SUCCESS", "SUCCESS", "FAIL"
REFUND = "REFUND"
"""The bank had the money, and sent it back (提现退票)."""
ABNORMAL = (FAIL, REFUND)
ARRIVING = 5
"""Seconds for which a withdrawal is processed."""
LARGEST = 80_000_000_000
"""Fen of the largest withdrawal."""
REPEATED = 6 * 86400
"""Seconds in which the request for a withdrawal that lacked money can be sent again."""

Withdrawal = dict[str, Any]


def asked(call: Call, content: str) -> dict[str, Any]:
    """Return the members that all requests for a withdrawal share.

    Raises:
        Rejection: one of the members is wrong.
    """
    data = call.data
    number = checks.number(
        data["out_request_no"], "/out_request_no", longest=32, signs=checks.LETTERS
    )
    return {
        "out_request_no": number,
        "sub_mchid": data.get("sub_mchid") or "",
        "remark": data.get("remark") or "",
        "bank_memo": data.get("bank_memo") or "",
        "notify_url": checks.address(data.get("notify_url"), "/notify_url"),
        "content": content,
    }


def known(state: State, about: Mapping[str, Any]) -> Withdrawal | None:
    """Return the withdrawal of an earlier, equal request; None for a new one.

    Raises:
        Rejection: its number was used for another, or it is too late to send it again.
    """
    found = _find_by_number(state, about["out_request_no"], about["sub_mchid"])
    if found is None:
        return None
    if found["content"] != about["content"]:
        message = f"商户提现单号已用于其他内容: {about['out_request_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    if found["state"] == INIT:
        if state.clock.now() > found["created"] + REPEATED:
            raise Rejection(400, "INVALID_REQUEST", "当前请求已经超过有效期")
        _take(state, found)
    return found


def create(
    state: State, about: Mapping[str, Any], kind: str, amount: Any, form: str = ""
) -> Withdrawal:
    """Withdraw money from an account.

    Args:
        state: the state of the merchant.
        about: from `asked`; `known` has none of its number.
        kind: the kind of account, one of `kinds.KINDS`.
        amount: fen.
        form: the form of the notification, where the catalogue has several for sub-merchants.

    Raises:
        Rejection: the account has not so much, or the amount is invalid.
    """
    if payments.whole_fen(amount, "/amount") > LARGEST:
        raise Rejection.parameter("/amount", amount, f"must be at most {LARGEST}")
    made = {
        **about,
        "withdraw_id": record_number(state, "4900"),
        "form": form or (SUB_MERCHANT if about["sub_mchid"] else DIRECT),
        "account_type": kind,
        "amount": amount,
        "state": INIT,
        "reason": "",
        "created": state.clock.now(),
        "updated": state.clock.now(),
    }
    key = _key(about["out_request_no"], about["sub_mchid"])
    state.store.put("withdrawal-number", key, {"withdraw_id": made["withdraw_id"]})
    _take(state, made)
    return made


def _key(number: str, sub_mchid: str) -> str:
    return f"{sub_mchid}/{number}"


def _account(made: Withdrawal) -> str:
    return kinds.available(made["account_type"], made["sub_mchid"])


def _waiting(made: Withdrawal) -> str:
    return funds.account_of("withdrawing", made["sub_mchid"])


def _move(state: State, kind: str, made: Withdrawal, source: str, target: str, at: float) -> None:
    numbers = {name: made[name] for name in ("out_request_no", "withdraw_id")}
    state.ledger.move(kind, made["amount"], source, target, at=at, **numbers)


def _take(state: State, made: Withdrawal) -> None:
    """Take the money; the withdrawal is stored even if the balance is too low."""
    now, balance = state.clock.now(), state.ledger.balance(_account(made))
    if balance < made["amount"]:
        _save(state, made)
        message = f"账户余额不足: {balance} < {made['amount']}"
        raise Rejection(403, "NOT_ENOUGH", message, keep=True)
    _move(state, "withdraw", made, _account(made), _waiting(made), now)
    made |= {"state": PROCESSING, "updated": now, "arrives": now + ARRIVING}
    arrived = made | {"state": SUCCESS, "updated": made["arrives"]}
    made["notice"] = _tell(state, outbox_at(state, made["arrives"]), arrived)
    state.store.put("withdrawing", made["withdraw_id"], {"withdraw_id": made["withdraw_id"]})
    _save(state, made)


def _save(state: State, made: Withdrawal) -> None:
    state.store.put("withdrawal", made["withdraw_id"], made)
    state.log.tell("withdrawal", made)


def _find(state: State, withdraw_id: str) -> Withdrawal | None:
    made = state.store.get("withdrawal", withdraw_id)
    if made is None:
        return None
    if made["state"] == PROCESSING and made["arrives"] <= state.clock.now():
        _end(state, made, SUCCESS, made["arrives"])
    return made


def _find_by_number(state: State, number: str, sub_mchid: str) -> Withdrawal | None:
    pointer = state.store.get("withdrawal-number", _key(number, sub_mchid))
    return None if pointer is None else _find(state, pointer["withdraw_id"])


def existing(state: State, withdraw_id: str, sub_mchid: str | None = None) -> Withdrawal:
    """Return a withdrawal by WeChat Pay's number in its current state.

    Args:
        state: the state of the merchant.
        withdraw_id: the withdraw id of the withdrawal.
        sub_mchid: the required sub-merchant, empty for the merchant itself; None allows any.

    Raises:
        Rejection: it does not exist.
    """
    made = _find(state, withdraw_id)
    if made is None or sub_mchid not in (None, made["sub_mchid"]):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"提现单不存在: {withdraw_id}")
    return made


def existing_by_number(state: State, number: str, sub_mchid: str = "") -> Withdrawal:
    """Return a withdrawal by its merchant-assigned number in its current state.

    Raises:
        Rejection: it does not exist.
    """
    made = _find_by_number(state, number, sub_mchid)
    if made is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"提现单不存在: {number}")
    return made


@settles
def settle_due(state: State) -> None:
    """Store which withdrawals have arrived."""
    for each in state.store.all("withdrawing"):
        _find(state, each["withdraw_id"])


def _end(state: State, made: Withdrawal, outcome: str, moment: float, reason: str = "") -> None:
    """Move the money to the bank, or back to the account."""
    if outcome == SUCCESS:
        _move(state, "withdrawn", made, _waiting(made), "bank", moment)
    else:
        source = "bank" if outcome == REFUND else _waiting(made)
        _move(state, "withdraw_returned", made, source, _account(made), moment)
    made |= {"state": outcome, "updated": moment, "reason": reason, "notice": ""}
    state.store.delete("withdrawing", made["withdraw_id"])
    _save(state, made)


def _decide(state: State, withdraw_id: str, outcome: str, reason: str = "") -> Withdrawal:
    made = existing(state, withdraw_id)
    expected = SUCCESS if outcome == REFUND else PROCESSING
    if made["state"] != expected:
        message = f"提现单状态是 {made['state']}，不是 {expected}: {withdraw_id}"
        raise Rejection(400, "INVALID_REQUEST", message)
    if made["notice"]:
        withdraw(state, made["notice"])
    _end(state, made, outcome, state.clock.now(), reason)
    _tell(state, state.outbox, made)
    return made


def succeed(state: State, withdraw_id: str) -> Withdrawal:
    """Complete a withdrawal immediately.

    Raises:
        Rejection: there is no such withdrawal, or it is not processed any more.
    """
    return _decide(state, withdraw_id, SUCCESS)


def fail(state: State, withdraw_id: str, reason: str) -> Withdrawal:
    """Make a withdrawal fail: the money returns to the account.

    Raises:
        Rejection: there is no such withdrawal, or it is not processed any more.
    """
    return _decide(state, withdraw_id, FAIL, checks.text(reason, "/reason", 255))


def return_(state: State, withdraw_id: str, reason: str) -> Withdrawal:
    """Return a completed withdrawal from the bank to the account.

    Raises:
        Rejection: there is no such withdrawal, or it has not arrived.
    """
    return _decide(state, withdraw_id, REFUND, checks.text(reason, "/reason", 255))


def _tell(state: State, outbox: Outbox, made: Withdrawal) -> str:
    """Post `MCHWITHDRAW.CHANGE`; return the id of the notification."""
    if not made["notify_url"]:
        return ""
    return outbox.post(
        made["notify_url"],
        "MCHWITHDRAW.CHANGE",
        members(state, made, notice=True),
        summary="商户提现状态变更",
        original_type="mch_withdraw",
    )
