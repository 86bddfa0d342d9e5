"""Withdrawals from an account to the bank, which can be returned.

A withdrawal debits the account at once, and is processed for a few seconds of the gateway's time
before the bank is credited; a control can fail it before. The bank can also return a withdrawal. If
the balance is too low, the withdrawal is stored as `INIT`, and retried by the same request.

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
"""The bank returned the money (提现退票)."""
ABNORMAL = (FAIL, REFUND)
ARRIVING = 5
"""Seconds of a withdrawal's processing."""
LARGEST = 80_000_000_000
"""Maximum withdrawal, in fen."""
REPEATED = 6 * 86400
"""Seconds during which a request that failed for lack of money can be sent again."""

Withdrawal = dict[str, Any]


def asked(call: Call, content: str) -> dict[str, Any]:
    """Validate a request, and return the members that all withdrawals share.

    Raises:
        Rejection: a member is invalid.
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
    """Return the withdrawal of an identical earlier request; None if the request is new.

    Raises:
        Rejection: the number was used with other content, or the term for a repetition has passed.
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
        about: from `asked`, with a new number.
        kind: the kind of the account, one of `kinds.KINDS`.
        amount: in fen.
        form: the variant of the notification, if the catalogue has several for sub-merchants.

    Raises:
        Rejection: the balance is too low, or the amount is invalid.
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
    """Debit the account; the withdrawal is stored even if the balance is too low."""
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
    """Return a withdrawal by WeChat Pay's number, in its current state.

    Args:
        state: the state of the merchant.
        withdraw_id: WeChat Pay's number of the withdrawal.
        sub_mchid: the required sub-merchant; empty for the merchant itself, None for any.

    Raises:
        Rejection: there is no such withdrawal.
    """
    made = _find(state, withdraw_id)
    if made is None or sub_mchid not in (None, made["sub_mchid"]):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"提现单不存在: {withdraw_id}")
    return made


def existing_by_number(state: State, number: str, sub_mchid: str = "") -> Withdrawal:
    """Return a withdrawal by its merchant-assigned number, in its current state.

    Raises:
        Rejection: there is no such withdrawal.
    """
    made = _find_by_number(state, number, sub_mchid)
    if made is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"提现单不存在: {number}")
    return made


@settles
def settle_due(state: State) -> None:
    """Store the withdrawals that have arrived."""
    for each in state.store.all("withdrawing"):
        _find(state, each["withdraw_id"])


def _end(state: State, made: Withdrawal, outcome: str, moment: float, reason: str = "") -> None:
    """Move the money to the bank, or back to the account, and store the outcome."""
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
    """Complete a withdrawal at once.

    Raises:
        Rejection: there is no such withdrawal, or it is no longer processed.
    """
    return _decide(state, withdraw_id, SUCCESS)


def fail(state: State, withdraw_id: str, reason: str) -> Withdrawal:
    """Fail a withdrawal; the account is credited again.

    Raises:
        Rejection: there is no such withdrawal, or it is no longer processed.
    """
    return _decide(state, withdraw_id, FAIL, checks.text(reason, "/reason", 255))


def return_(state: State, withdraw_id: str, reason: str) -> Withdrawal:
    """Return a withdrawal from the bank; the account is credited again.

    Raises:
        Rejection: there is no such withdrawal, or it has not arrived.
    """
    return _decide(state, withdraw_id, REFUND, checks.text(reason, "/reason", 255))


def _tell(state: State, outbox: Outbox, made: Withdrawal) -> str:
    """Send `MCHWITHDRAW.CHANGE`, and return the notification's id."""
    if not made["notify_url"]:
        return ""
    return outbox.post(
        made["notify_url"],
        "MCHWITHDRAW.CHANGE",
        members(state, made, notice=True),
        summary="商户提现状态变更",
        original_type="mch_withdraw",
    )
