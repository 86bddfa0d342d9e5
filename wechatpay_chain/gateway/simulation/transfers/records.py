"""Lifecycle of a transfer to a user: payment, confirmation, result and notification.

The merchant's account for expenses (`operation` in the ledger) pays, and is topped up as required.
A transfer waits for the user's confirmation, for a cancellation, or for the end of 24 hours. A
transfer to a user who has authorized the merchant arrives at once; a transfer to a QQ wallet
arrives after a few seconds.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012716434 (create),
https://pay.weixin.qq.com/doc/v3/merchant/4012716458 (cancel),
https://pay.weixin.qq.com/doc/v3/merchant/4014399371 (a user who has authorized the merchant),
https://pay.weixin.qq.com/doc/v3/merchant/4014131135 (QQ wallets)
"""

from __future__ import annotations

import secrets
from typing import Any

from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from .. import checks, funds
from ..schedule import outbox_at, settles, withdraw
from ..tokens import record_number
from . import authorizations

__all__ = [
    "ACCEPTED",
    "CANCELLED",
    "QQ",
    "SUCCESS",
    "WAITING",
    "Transfer",
    "cancel",
    "confirm",
    "create",
    "existing",
    "existing_by_id",
    "fail",
    "find",
    "repeated",
    "settle_due",
    "shown",
]

WAITING, ACCEPTED, SUCCESS, FAIL = "WAIT_USER_CONFIRM", "ACCEPTED", "SUCCESS", "FAIL"
CANCELLED = "CANCELLED"
QQ = "qq"
"""The `wallet` of a transfer to a QQ wallet; empty for other transfers."""
TERM = 24 * 3600
"""Seconds during which a user can confirm."""
SETTLING = 5
"""Seconds until a transfer to a QQ wallet arrives."""

Transfer = dict[str, Any]


def repeated(state: State, number: str, content: str) -> Transfer | None:
    """Return the transfer of an identical earlier request; None if the request is new.

    Args:
        state: the state of the merchant.
        number: `out_bill_no`.
        content: the fingerprint of the request.

    Raises:
        Rejection: the number was used with other content.
    """
    known = find(state, number)
    if known is not None and known["content"] != content:
        raise Rejection(400, "ALREADY_EXISTS", f"单号已存在但信息不一致: {number}")
    return known


def create(state: State, bill: Transfer, first: str = WAITING) -> Transfer:
    """Create a transfer, and debit the account.

    Args:
        state: the state of the merchant.
        bill: the members of the request.
        first: the initial state: `WAITING`, `ACCEPTED`, or `SUCCESS` for an immediate transfer.
    """
    now, number = state.clock.now(), bill["out_bill_no"]
    transfer = bill | {
        "transfer_bill_no": record_number("1330", state.clock.compact()[:8]),
        "package_info": secrets.token_urlsafe(48),
        "state": first,
        "created": now,
        "updated": now,
        "expires": now + (TERM if first == WAITING else SETTLING),
        "notice": "",
    }
    state.store.put("transfer-id", transfer["transfer_bill_no"], {"out_bill_no": number})
    _take(state, transfer)
    if first == SUCCESS:
        _end(state, transfer, SUCCESS, now)
        _tell(state, state.outbox, transfer)
        return transfer
    outcome, reason = _due(transfer)
    ended = transfer | {"state": outcome, "reason": reason, "updated": transfer["expires"]}
    transfer["notice"] = _tell(state, outbox_at(state, transfer["expires"]), ended)
    state.store.put("waiting", number, {"out_bill_no": number})
    _save(state, transfer)
    return transfer


def _due(transfer: Transfer) -> tuple[str, str]:
    """Return the state of a transfer at its expiry, and the reason."""
    return (FAIL, "OVERDUE_CLOSE") if transfer["state"] == WAITING else (SUCCESS, "")


def _account(transfer: Transfer) -> str:
    return funds.account_of("operation", transfer["sub_mchid"])


def _move(state: State, kind: str, transfer: Transfer, source: str, target: str, at: float) -> None:
    numbers = {name: transfer[name] for name in ("out_bill_no", "transfer_bill_no")}
    state.ledger.move(kind, transfer["amount"], source, target, at=at, **numbers)


def _take(state: State, transfer: Transfer) -> None:
    """Debit the account, after topping it up."""
    account, now = _account(transfer), transfer["created"]
    funds.top_up(state, account, transfer["amount"], at=now)
    _move(state, "transfer", transfer, account, "transit", now)


def find(state: State, number: str) -> Transfer | None:
    """Return a transfer by its merchant-assigned number, in its current state, or None."""
    transfer = state.store.get("transfer", number)
    if transfer is None:
        return None
    if transfer["state"] in (WAITING, ACCEPTED) and transfer["expires"] <= state.clock.now():
        outcome, reason = _due(transfer)
        _end(state, transfer, outcome, transfer["expires"], reason)
    return transfer


def existing(
    state: State, number: str, sub_mchid: str | None = None, *, wallet: str | None = None
) -> Transfer:
    """Return a transfer by its merchant-assigned number.

    Args:
        state: the state of the merchant.
        number: `out_bill_no`.
        sub_mchid: the required sub-merchant; None accepts any.
        wallet: the required wallet: `QQ` or empty; None accepts any.

    Raises:
        Rejection: there is no such transfer.
    """
    return _checked(find(state, number), number, sub_mchid, wallet)


def _checked(
    transfer: Transfer | None, asked: str, sub_mchid: str | None, wallet: str | None
) -> Transfer:
    if (
        transfer is None
        or sub_mchid not in (None, transfer["sub_mchid"])
        or wallet not in (None, transfer.get("wallet", ""))
    ):
        raise Rejection(404, "NOT_FOUND", f"转账单不存在: {asked}")
    return transfer


def existing_by_id(state: State, transfer_bill_no: str, sub_mchid: str | None = None) -> Transfer:
    """Return a transfer by WeChat Pay's number.

    Raises:
        Rejection: there is no such transfer, or it belongs to another sub-merchant.
    """
    pointer = state.store.get("transfer-id", transfer_bill_no)
    found = None if pointer is None else find(state, pointer["out_bill_no"])
    return _checked(found, transfer_bill_no, sub_mchid, "")


@settles
def settle_due(state: State) -> None:
    """Store the transfers that have arrived or expired."""
    for each in state.store.all("waiting"):
        find(state, each["out_bill_no"])


def _end(state: State, transfer: Transfer, outcome: str, moment: float, reason: str = "") -> None:
    """Move the money to the user, or back to the account, and store the outcome."""
    with state.store.transaction():  # concurrent readers move it once
        if outcome == SUCCESS:
            _move(state, "transferred", transfer, "transit", "user", moment)
        else:
            _move(state, "transfer_returned", transfer, "transit", _account(transfer), moment)
        transfer |= {"state": outcome, "updated": moment, "reason": reason}
        state.store.delete("waiting", transfer["out_bill_no"])
        _save(state, transfer)


def _decide(state: State, transfer: Transfer, outcome: str, reason: str = "") -> Transfer:
    """End a waiting transfer before its expiry."""
    if transfer["state"] not in (WAITING, ACCEPTED):
        message = f"转账单状态是 {transfer['state']}: {transfer['out_bill_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    if transfer["notice"]:
        withdraw(state, transfer["notice"])
    _end(state, transfer | {"notice": ""}, outcome, state.clock.now(), reason)
    ended = existing(state, transfer["out_bill_no"])
    _tell(state, state.outbox, ended)
    return ended


def confirm(state: State, number: str, *, authorize: bool = True) -> Transfer:
    """Confirm a transfer on behalf of the user; the money arrives, and the merchant is notified.

    Args:
        state: the state of the merchant.
        number: `out_bill_no`.
        authorize: whether the user also authorizes later transfers without a confirmation, if the
            merchant requested that.

    Raises:
        Rejection: there is no such transfer, or it no longer waits.
    """
    transfer = _decide(state, existing(state, number), SUCCESS)
    if authorize and transfer.get("authorization"):
        authorizations.agreed(state, transfer["authorization"])
    return transfer


def fail(state: State, number: str, reason: str = "PAYEE_ACCOUNT_ABNORMAL") -> Transfer:
    """Fail a transfer.

    Args:
        state: the state of the merchant.
        number: `out_bill_no`.
        reason: the `fail_reason` for the merchant.

    Raises:
        Rejection: there is no such transfer, or it no longer waits.
    """
    return _decide(state, existing(state, number), FAIL, checks.text(reason, "/reason", 64))


def cancel(state: State, transfer: Transfer) -> tuple[Transfer, str]:
    """Cancel an unconfirmed transfer, and return it with the state for the response.

    Raises:
        Rejection: the transfer has already ended.
    """
    if transfer["state"] == CANCELLED:
        return transfer, CANCELLED
    return _decide(state, transfer, CANCELLED), "CANCELING"


def _save(state: State, transfer: Transfer) -> None:
    state.store.put("transfer", transfer["out_bill_no"], transfer)
    state.log.tell("transfer", transfer)


def shown(state: State, transfer: Transfer) -> dict[str, Any]:
    """Return the members that a transfer, its query and its notification share."""
    partner = {"sub_mchid": transfer["sub_mchid"]} if transfer["sub_mchid"] else {}
    named = "mchid" if partner or transfer.get("wallet") else "mch_id"
    optional = {
        "openid": transfer["openid"],
        "user_qq": transfer.get("user_qq"),
        "fail_reason": transfer.get("reason"),
    }
    return {
        named: state.identity.mchid,
        **partner,
        "out_bill_no": transfer["out_bill_no"],
        "transfer_bill_no": transfer["transfer_bill_no"],
        "state": transfer["state"],
        "transfer_amount": transfer["amount"],
        "create_time": state.clock.rfc3339(transfer["created"]),
        "update_time": state.clock.rfc3339(transfer["updated"]),
        **{name: value for name, value in optional.items() if value},
    }


def _tell(state: State, outbox: Outbox, transfer: Transfer) -> str:
    """Send the notification of an ended transfer, and return its id."""
    if not transfer["notify_url"]:
        return ""
    event, summary = "MCHTRANSFER.BILL.FINISHED", "商家转账单据终态通知"
    content = shown(state, transfer)
    if transfer.get("wallet") == QQ:
        event, summary = "MCHTRANSFER.QQWALLETBILL.FINISHED", "转账到QQ钱包单据终态通知"
        content |= {"appid": transfer["appid"], "transfer_remark": transfer["remark"]}
    return outbox.post(
        transfer["notify_url"], event, content, summary=summary, original_type="mch_payment"
    )
