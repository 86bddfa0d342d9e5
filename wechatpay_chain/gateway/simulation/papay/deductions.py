"""Deductions: orders that a contract pays without the user's confirmation.

A deduction is accepted first and executed later: after a few seconds of the gateway's time, or
after 24 hours if the user must be informed before. The merchant is notified of the result.

Sources: https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter3_8.shtml (APIv2),
https://pay.weixin.qq.com/docs/partner/apis/entrusted-payment/partner/partner-create-transaction.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...notifications.outbox import Outbox
from ...state import State
from ..payments import parties, receiving, v2, v3
from ..payments import records as payments
from ..payments.records import Order
from . import contracts, schedules
from .contracts import Contract

__all__ = ["V2", "V3", "apply"]

V2, V3 = "papay-v2", "papay-v3"
"""The protocols of deducted orders, for APIv2 and APIv3."""
NO_MONEY = {"err_code": "NOTENOUGH", "err_code_des": "余额不足"}
NO_CONTRACT = {"err_code": "CONTRACT_NOT_EXIST", "err_code_des": "签约协议不存在"}
"""Reasons of failed deductions, as in APIv2's notification."""


def apply(
    state: State,
    contract: Contract,
    number: str,
    content: Mapping[str, Any],
    about: Mapping[str, Any],
    period: str = schedules.SINGLE,
) -> Order:
    """Accept a deduction, or return the existing one; a failed one starts again.

    Args:
        state: the state of the merchant.
        contract: a contract in force.
        number: `out_trade_no`.
        content: the members of the request, which identify a repetition.
        about: the order's `protocol`, `parties`, `total`, `notify_url`, …
        period: the period of the contract's schedule.

    Raises:
        Rejection: the number was used with other content, or the user cannot be charged now.
    """
    known = payments.find(state, number)
    if (
        known is not None
        and known["content"] == dict(content)
        and known["state"] != payments.PAYERROR
    ):
        return known
    schedules.assert_chargeable(state, contract, about["total"], period)
    made = {
        **about,
        "trade_type": "PAP",
        "openid": contract["openid"],
        "contract_id": contract["contract_id"],
        "period": period,
        "expires": state.clock.now() + receiving.NEVER,
    }
    order = payments.create(state, number, content, made)
    delay = schedules.delay_of(state, contract)
    receiving.deduct(state, order, lambda outbox, paid: _tell(state, outbox, paid), delay)
    payments.save(state, order)
    return order


def _tell(state: State, outbox: Outbox, order: Order) -> str:
    """Send the notification of a successful deduction, and return its id."""
    if order["protocol"] == V2:
        fields = {
            "return_code": "SUCCESS",
            "result_code": "SUCCESS",
            "contract_id": order["contract_id"],
            **v2.shown_paid(state, order),
        }
        return outbox.post_v2(
            order["notify_url"], "transaction-success", fields, sign_type=order["sign_type"]
        )
    event, content = "TRANSACTION.SUCCESS", v3.shown(state, order)
    return outbox.post(order["notify_url"], event, content, summary="支付成功")


@payments.on_paid(V2)
@payments.on_paid(V3)
def tell(state: State, order: Order) -> None:
    """Send the notification of a deduction that succeeds before its time."""
    _tell(state, state.outbox, order)


@payments.on_failed(V2)
@payments.on_failed(V3)
def tell_failure(state: State, order: Order) -> None:
    """Send the notification of a failed deduction: no money, or a terminated contract."""
    if order["protocol"] == V2:
        fields = {
            "return_code": "SUCCESS",
            "return_msg": "OK",
            "result_code": "FAIL",
            **order.get("failure", NO_MONEY),
            **parties.in_v2(order),
            "out_trade_no": order["out_trade_no"],
            "contract_id": order["contract_id"],
        }
        state.outbox.post_v2(
            order["notify_url"], "transaction-success", fields, sign_type=order["sign_type"]
        )
        return
    content = {
        **v3.shown(state, order),
        "trade_type": order["trade_type"],
        "payer": parties.payer_in_v3(order),
    }
    url, event = order["notify_url"], "TRANSACTION.FAIL"
    state.outbox.post(url, event, content, summary="支付失败")


@payments.on_received(V2)
@payments.on_received(V3)
def use_up(state: State, order: Order) -> None:
    """Mark a notice as used and a schedule as paid, because each allows one deduction."""
    contract = contracts.find_by_id(state, order["contract_id"])
    if contract is None:
        raise KeyError(order["contract_id"])
    if "notice" in contract:
        contract["notice"]["used"] = True
    planned = contract.get("schedules") or {}
    if order["period"] in planned:
        planned[order["period"]]["state"] = schedules.PAID
    contracts.save(state, contract)
    if schedules.SINGLE in planned and contract["state"] == contracts.SIGNED:
        contracts.terminate(state, contract, contracts.BY_SYSTEM)


@contracts.on_end
def fail_pending(state: State, contract: Contract) -> None:
    """Fail the pending deductions of a terminated contract."""
    for each in state.store.all("deducting"):
        order = payments.find(state, each["out_trade_no"])
        if order is None or order["state"] != payments.ACCEPT:
            continue
        if order.get("contract_id") == contract["contract_id"]:
            payments.save(state, order | {"failure": NO_CONTRACT})
            payments.fail(state, order["out_trade_no"])
