"""Transfers to a user's balance, which the user confirms: for merchants, partners, and platforms.

A transfer is paid from the merchant's account for such expenses (`operation` in the ledger), which
is topped up as it needs; it waits until the user confirms, or is cancelled, or 24 hours are over.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012716434 (create),
https://pay.weixin.qq.com/doc/v3/merchant/4012716458 (cancel),
https://pay.weixin.qq.com/doc/v3/merchant/4013778940 (rules, and why one is rejected)
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from ....crypto import rsa
from ...call import Call
from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from .. import checks
from ..payments import records as payments
from ..registry import operation
from ..schedule import outbox_at, withdraw

__all__ = ["Transfer", "confirm", "existing", "fail", "find", "settle_due"]

WAITING, SUCCESS, FAIL, CANCELLED = "WAIT_USER_CONFIRM", "SUCCESS", "FAIL", "CANCELLED"
CONFIRM_WITHIN = 24 * 3600
"""Seconds in which a user can confirm."""
LEAST = 10
"""Fen of the smallest transfer."""
NAMED = 200_000
"""Fen from which on a transfer has to name its user."""
LETTERS = re.compile("[0-9A-Za-z]+")

Transfer = dict[str, Any]


def _register(base: str, *, partner: bool, by_id: bool = True) -> None:
    @operation("POST", base)
    def create(call: Call) -> dict[str, Any]:
        return _create(call)

    @operation("GET", f"{base}/out-bill-no/{{out_bill_no}}")
    def by_number(call: Call) -> dict[str, Any]:
        sub = call.query.get("sub_mchid", "") if partner else ""
        return _shown(call.state, existing(call.state, call.params["out_bill_no"], sub))

    @operation("POST", f"{base}/out-bill-no/{{out_bill_no}}/cancel")
    def cancel(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        sub = call.data["sub_mchid"] if partner else ""
        return _cancel(call.state, existing(call.state, call.params["out_bill_no"], sub))

    if by_id:

        @operation("GET", f"{base}/transfer-bill-no/{{transfer_bill_no}}")
        def by_transfer_number(call: Call) -> dict[str, Any]:
            pointer = call.state.store.get("transfer-id", call.params["transfer_bill_no"])
            number = "" if pointer is None else pointer["out_bill_no"]
            sub = call.query.get("sub_mchid", "") if partner else ""
            return _shown(call.state, existing(call.state, number, sub))


_register("v3/fund-app/mch-transfer/transfer-bills", partner=False)
_register("v3/fund-app/mch-transfer/partner/transfer-bills", partner=True, by_id=False)
_register("v3/ecommerce/mch-transfer/transfer-bills", partner=True)


def _create(call: Call) -> dict[str, Any]:
    content, data, state = checks.accepted(call), call.data, call.state
    number = checks.number(data["out_bill_no"], "/out_bill_no", longest=32, signs=LETTERS)
    amount = payments.whole_fen(data["transfer_amount"], "/transfer_amount")
    known = find(state, number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(400, "ALREADY_EXISTS", f"单号已存在但信息不一致: {number}")
        return _accepted(state, known)
    if amount < LEAST:
        raise Rejection(400, "INVALID_REQUEST", f"超过单笔转账上下限: {amount} < {LEAST}")
    if amount >= NAMED and not data.get("user_name"):
        raise Rejection.parameter("user_name", None, f"is required for {NAMED} fen and more")
    if data.get("transfer_scene_report_infos") == []:
        raise Rejection.parameter("transfer_scene_report_infos", [], "must not be empty")
    user = str.__str__(data.get("user_name") or "")
    now = state.clock.now()
    transfer = {
        "out_bill_no": number,
        "transfer_bill_no": f"1330000{secrets.randbelow(10**15):015}{state.clock.compact()[:8]}",
        "sub_mchid": data.get("sub_mchid") or "",
        "appid": data["appid"],
        "openid": checks.text(data["openid"], "/openid", 64),
        "user_name": rsa.encrypt(user, state.identity.merchant_certificate) if user else "",
        "amount": amount,
        "remark": checks.text(data["transfer_remark"], "/transfer_remark", 32),
        "scene": data["transfer_scene_id"],
        "notify_url": checks.address(data.get("notify_url"), "/notify_url"),
        "package_info": secrets.token_urlsafe(48),
        "state": WAITING,
        "created": now,
        "updated": now,
        "expires": now + CONFIRM_WITHIN,
        "content": content,
    }
    _take(state, transfer)
    expired = transfer | {"state": FAIL, "reason": "OVERDUE_CLOSE", "updated": transfer["expires"]}
    transfer["notice"] = _tell(state, outbox_at(state, transfer["expires"]), expired)
    state.store.put("transfer-id", transfer["transfer_bill_no"], {"out_bill_no": number})
    state.store.put("waiting", number, {"out_bill_no": number})
    _save(state, transfer)
    return _accepted(state, transfer)


def _accepted(state: State, transfer: Transfer) -> dict[str, Any]:
    view = {
        **_numbers(transfer),
        "create_time": state.clock.rfc3339(transfer["created"]),
        "state": transfer["state"],
    }
    if transfer["state"] == WAITING:
        view["package_info"] = transfer["package_info"]
    if transfer.get("reason"):
        view["fail_reason"] = transfer["reason"]
    return view


def _numbers(transfer: Transfer) -> dict[str, str]:
    partner = {"sub_mchid": transfer["sub_mchid"]} if transfer["sub_mchid"] else {}
    return partner | {name: transfer[name] for name in ("out_bill_no", "transfer_bill_no")}


def _account(transfer: Transfer) -> str:
    return f"operation:{transfer['sub_mchid']}" if transfer["sub_mchid"] else "operation"


def _move(state: State, kind: str, transfer: Transfer, source: str, target: str, at: float) -> None:
    numbers = {name: transfer[name] for name in ("out_bill_no", "transfer_bill_no")}
    state.ledger.move(kind, transfer["amount"], source, target, at=at, **numbers)


def _take(state: State, transfer: Transfer) -> None:
    """Take the money, and top the account up by what it lacks."""
    account, now = _account(transfer), transfer["created"]
    lacking = transfer["amount"] - state.ledger.balance(account)
    if lacking > 0:
        state.ledger.move("recharge", lacking, "bank", account, at=now)
    _move(state, "transfer", transfer, account, "transit", now)


def find(state: State, number: str) -> Transfer | None:
    """A transfer by its merchant's number, as it is now; None if there is none."""
    transfer = state.store.get("transfer", number)
    if transfer is None:
        return None
    if transfer["state"] == WAITING and transfer["expires"] <= state.clock.now():
        _end(state, transfer, FAIL, transfer["expires"], "OVERDUE_CLOSE")
    return transfer


def existing(state: State, number: str, sub_mchid: str | None = None) -> Transfer:
    """A transfer by its merchant's number.

    Args:
        state: of the gateway.
        number: `out_bill_no`.
        sub_mchid: whose it must be; None is anybody's.

    Raises:
        Rejection: there is none.
    """
    transfer = find(state, number)
    if transfer is None or sub_mchid not in (None, transfer["sub_mchid"]):
        raise Rejection(404, "NOT_FOUND", f"转账单不存在: {number}")
    return transfer


def settle_due(state: State) -> None:
    """Write down what became of transfers in the meantime."""
    for each in state.store.all("waiting"):
        find(state, each["out_bill_no"])


def _end(state: State, transfer: Transfer, outcome: str, moment: float, reason: str = "") -> None:
    """Let the money go where it ends: to the user, or back."""
    with state.store.transaction():  # whoever asks, it goes there once
        if outcome == SUCCESS:
            _move(state, "transferred", transfer, "transit", "user", moment)
        else:
            _move(state, "transfer_returned", transfer, "transit", _account(transfer), moment)
        transfer |= {"state": outcome, "updated": moment, "reason": reason}
        state.store.delete("waiting", transfer["out_bill_no"])
        _save(state, transfer)


def _decide(state: State, transfer: Transfer, outcome: str, reason: str = "") -> Transfer:
    """End a transfer that is waiting, before its time is over."""
    if transfer["state"] != WAITING:
        message = f"转账单状态是 {transfer['state']}: {transfer['out_bill_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    if transfer["notice"]:
        withdraw(state, transfer["notice"])
    _end(state, transfer | {"notice": ""}, outcome, state.clock.now(), reason)
    ended = existing(state, transfer["out_bill_no"])
    _tell(state, state.outbox, ended)
    return ended


def confirm(state: State, number: str) -> Transfer:
    """Have the user confirm a transfer: the money arrives, and the merchant is told.

    Raises:
        Rejection: there is no such transfer, or it is not waiting any more.
    """
    return _decide(state, existing(state, number), SUCCESS)


def fail(state: State, number: str, reason: str = "PAYEE_ACCOUNT_ABNORMAL") -> Transfer:
    """Have a transfer fail.

    Raises:
        Rejection: there is no such transfer, or it is not waiting any more.
    """
    return _decide(state, existing(state, number), FAIL, checks.text(reason, "/reason", 64))


def _cancel(state: State, transfer: Transfer) -> dict[str, Any]:
    """Cancel a transfer that nobody confirmed; the response says that it is being cancelled."""
    shown = CANCELLED
    if transfer["state"] != CANCELLED:
        transfer, shown = _decide(state, transfer, CANCELLED), "CANCELING"
    update = {"state": shown, "update_time": state.clock.rfc3339(transfer["updated"])}
    return _numbers(transfer) | update


def _save(state: State, transfer: Transfer) -> None:
    state.store.put("transfer", transfer["out_bill_no"], transfer)
    state.log.tell("transfer", transfer)


def _shown(state: State, transfer: Transfer) -> dict[str, Any]:
    mchid = state.identity.mchid
    view = {
        **({"mchid": mchid} if transfer["sub_mchid"] else {"mch_id": mchid}),
        **_numbers(transfer),
        "appid": transfer["appid"],
        "state": transfer["state"],
        "transfer_amount": transfer["amount"],
        "transfer_remark": transfer["remark"],
        "openid": transfer["openid"],
        "create_time": state.clock.rfc3339(transfer["created"]),
        "update_time": state.clock.rfc3339(transfer["updated"]),
    }
    optional = {
        "fail_reason": transfer.get("reason"),
        "user_name": transfer["user_name"],
        "transfer_scene_id": transfer["scene"] if transfer["sub_mchid"] else "",
    }
    return view | {name: value for name, value in optional.items() if value}


def _tell(state: State, outbox: Outbox, transfer: Transfer) -> str:
    """Post `MCHTRANSFER.BILL.FINISHED`; the notification's id."""
    if not transfer["notify_url"]:
        return ""
    mchid = state.identity.mchid
    content = {
        **({"mchid": mchid} if transfer["sub_mchid"] else {"mch_id": mchid}),
        **_numbers(transfer),
        "state": transfer["state"],
        "transfer_amount": transfer["amount"],
        "openid": transfer["openid"],
        "create_time": state.clock.rfc3339(transfer["created"]),
        "update_time": state.clock.rfc3339(transfer["updated"]),
    }
    if transfer.get("reason"):
        content["fail_reason"] = transfer["reason"]
    return outbox.post(
        transfer["notify_url"],
        "MCHTRANSFER.BILL.FINISHED",
        content,
        summary="商家转账单据终态通知",
        original_type="mch_payment",
    )
