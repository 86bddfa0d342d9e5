"""Recharges: bank payments to an account of a merchant or a sub-merchant.

A recharge waits seven days for its payment, which a control makes; then the account is credited.
The merchant can close an unpaid recharge.

Sources: https://pay.weixin.qq.com/docs/partner/apis/platsolution-mch-recharge/recharge/apply.html,
https://pay.weixin.qq.com/doc/v3/partner/4012763053 (bank transfers of the merchant itself)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from .. import checks
from ..payments import records as payments
from ..schedule import outbox_at, settles, withdraw
from ..sharing.records import record_number
from . import kinds
from .members import BANK

__all__ = [
    "BANK_TRANSFER",
    "CHANNELS",
    "CLOSED",
    "RECHARGING",
    "SUCCESS",
    "Recharge",
    "arrived",
    "close",
    "create",
    "existing",
    "members",
    "pay",
    "settle_due",
]

RECHARGING, SUCCESS, CLOSED = "RECHARGING", "SUCCESS", "CLOSED"
CHANNELS = BANK_TRANSFER, QR, ONLINE = ("BANK_TRANSFER", "QR_RECHARGE", "ONLINE_BANK")
WAITS = 7 * 86400
"""Seconds during which a recharge can be paid."""
LARGEST = 80_000_000_000
"""Maximum recharge, in fen."""
EMPLOYEE = {"employee_type": "ADMIN", "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
"""The payer of a recharge by QR code."""

Recharge = dict[str, Any]


def create(state: State, about: dict[str, Any]) -> Recharge:
    """Create a recharge, or return the existing one if the content is the same.

    Args:
        state: the state of the merchant.
        about: `out_recharge_no`, `sub_mchid`, `scene`, `account_type`, `amount`, `channels`,
            `notify_url`, `remark`, and `content`, the fingerprint of the request.

    Raises:
        Rejection: the number was used with other content, or the amount is invalid.
    """
    number = about["out_recharge_no"]
    known = _find(state, number)
    if known is not None:
        if known["content"] != about["content"]:
            raise Rejection(400, "INVALID_REQUEST", f"商户充值单号已用于其他内容: {number}")
        return known
    if payments.whole_fen(about["amount"], "/recharge_amount/amount") > LARGEST:
        issue = f"must be at most {LARGEST}"
        raise Rejection.parameter("/recharge_amount/amount", about["amount"], issue)
    now = state.clock.now()
    recharge = {
        **about,
        "recharge_id": record_number(state, "4700")[:27],
        "channel": "",
        "state": RECHARGING,
        "created": now,
        "ended": now + WAITS,
    }
    recharge["notice"] = _tell(
        state, outbox_at(state, recharge["ended"]), recharge | {"state": CLOSED}
    )
    state.store.put("recharging", number, {"out_recharge_no": number})
    _save(state, recharge)
    return recharge


def _save(state: State, recharge: Recharge) -> None:
    state.store.put("recharge", recharge["out_recharge_no"], recharge)
    state.log.tell("recharge", recharge)


def _find(state: State, number: str) -> Recharge | None:
    recharge = state.store.get("recharge", number)
    if recharge is None:
        return None
    if recharge["state"] == RECHARGING and recharge["ended"] <= state.clock.now():
        _end(state, recharge, CLOSED, recharge["ended"])
    return recharge


def existing(state: State, number: str, sub_mchid: str | None = None) -> Recharge:
    """Return a recharge by its merchant-assigned number, in its current state.

    Args:
        state: the state of the merchant.
        number: `out_recharge_no`.
        sub_mchid: the required sub-merchant; empty for the merchant itself, None for any.

    Raises:
        Rejection: there is no such recharge.
    """
    recharge = _find(state, number)
    if recharge is None or sub_mchid not in (None, recharge["sub_mchid"]):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"充值单不存在: {number}")
    return recharge


@settles
def settle_due(state: State) -> None:
    """Close the recharges that were not paid in time."""
    for each in state.store.all("recharging"):
        _find(state, each["out_recharge_no"])


def _end(state: State, recharge: Recharge, outcome: str, moment: float) -> None:
    recharge |= {"state": outcome, "ended": moment, "notice": ""}
    state.store.delete("recharging", recharge["out_recharge_no"])
    _save(state, recharge)


def _decide(state: State, recharge: Recharge, outcome: str) -> Recharge:
    if recharge["state"] != RECHARGING:
        message = f"充值单状态是 {recharge['state']}: {recharge['out_recharge_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    if recharge["notice"]:
        withdraw(state, recharge["notice"])
    _end(state, recharge, outcome, state.clock.now())
    _tell(state, state.outbox, recharge)
    return recharge


def pay(state: State, number: str, channel: str = BANK_TRANSFER) -> Recharge:
    """Pay a recharge; the account is credited.

    Args:
        state: the state of the merchant.
        number: `out_recharge_no`.
        channel: a channel that the recharge allows.

    Raises:
        Rejection: the recharge does not exist, cannot be paid, or not by this channel.
    """
    recharge = existing(state, number)
    recharge["channel"] = checks.one_of(channel, "/channel", recharge["channels"])
    _decide(state, recharge, SUCCESS)
    account = kinds.available(recharge["account_type"], recharge["sub_mchid"])
    numbers = {name: recharge[name] for name in ("out_recharge_no", "recharge_id")}
    state.ledger.move("recharge", recharge["amount"], "bank", account, **numbers)
    return recharge


def close(state: State, number: str, sub_mchid: str | None = None) -> Recharge:
    """Close an unpaid recharge; a repetition has no effect.

    Args:
        state: the state of the merchant.
        number: `out_recharge_no`.
        sub_mchid: the required sub-merchant; None for any.

    Raises:
        Rejection: the recharge does not exist, or is paid.
    """
    recharge = existing(state, number, sub_mchid)
    return recharge if recharge["state"] == CLOSED else _decide(state, recharge, CLOSED)


def arrived(state: State, day: str, kind: str, sub_mchid: str) -> Iterable[Recharge]:
    """Return the bank transfers to an account on a day (`2026-11-20`), oldest first."""
    found = [
        each
        for each in state.store.all("recharge")
        if (each["state"], each["channel"]) == (SUCCESS, BANK_TRANSFER)
        and (each["account_type"], each["sub_mchid"]) == (kind, sub_mchid)
        and state.clock.date(each["ended"]) == day
    ]
    return sorted(found, key=lambda each: float(each["ended"]))


def members(state: State, recharge: Recharge) -> dict[str, Any]:
    """Return the members of a sub-merchant's recharge for responses and notifications."""
    view = {
        "sp_mchid": state.identity.mchid,
        "sub_mchid": recharge["sub_mchid"],
        "recharge_id": recharge["recharge_id"],
        "out_recharge_no": recharge["out_recharge_no"],
        "account_type": recharge["account_type"],
        "recharge_state": recharge["state"],
        "recharge_scene": recharge["scene"],
        "recharge_amount": {"amount": recharge["amount"], "currency": "CNY"},
        "accept_time": state.clock.rfc3339(recharge["created"]),
    }
    if recharge["state"] != RECHARGING:
        name = "success_time" if recharge["state"] == SUCCESS else "close_time"
        view[name] = state.clock.rfc3339(recharge["ended"])
    if recharge["channel"]:
        view["recharge_channel"] = recharge["channel"]
        view |= _payer(recharge)
    return view


def _payer(recharge: Recharge) -> dict[str, Any]:
    payer = {
        "bill_no": f"B{recharge['recharge_id']}",
        "bank_name": BANK["account_bank"],
        "bank_card_tail": BANK["account_number"],
        "bank_account_name": "充值商户",
    }
    return {
        BANK_TRANSFER: {"bank_transfer_info": {**payer, "memo": recharge["recharge_id"]}},
        QR: {"qr_recharge_info": EMPLOYEE},
        ONLINE: {
            "online_bank_recharge_info": {
                **payer,
                "online_bank_type": "ONLINE_BANK_TYPE_CORPORATE",
            }
        },
    }[recharge["channel"]]


def _tell(state: State, outbox: Outbox, recharge: Recharge) -> str:
    """Send `RECHARGE.SUCCESS` or `RECHARGE.CLOSED`, and return the notification's id."""
    if not recharge["notify_url"]:
        return ""
    content = {"recharge_channel": recharge["channels"][0], **members(state, recharge)}
    if recharge["state"] == CLOSED:  # this notification has no times in the catalogue
        del content["accept_time"], content["close_time"]
    if recharge["remark"]:
        content["remark"] = recharge["remark"]
    return outbox.post(
        recharge["notify_url"],
        f"RECHARGE.{recharge['state']}",
        content,
        summary="充值成功" if recharge["state"] == SUCCESS else "关闭充值",
        original_type="recharge",
    )
