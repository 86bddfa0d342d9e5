"""Payment of an order: at once by its customer, or by a deduction after a few seconds.

A deduction is a payment that the merchant starts and no user confirms: of pay score, or of a
contract. It succeeds after a few seconds of the gateway's time; a control can fail it before.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ...notifications.outbox import Outbox
from ...state import State
from .. import fees, funds
from ..coupons import amounts
from ..schedule import outbox_at, withdraw
from ..tokens import random_token

__all__ = [
    "ACCEPT",
    "NEVER",
    "deduct",
    "is_due",
    "new_transaction_id",
    "receive",
    "receive_due",
    "stop",
]

ACCEPT, SUCCESS = "ACCEPT", "SUCCESS"
DEDUCTING = 5
"""Seconds from the request for a deduction to its success."""
NEVER = 10 * 365 * 86400
"""Lifetime of an order that WeChat Pay keeps collecting, in seconds; longer than any test."""

Order = dict[str, Any]
Notice = Callable[[Outbox, Order], str]


def receive(state: State, order: Order, openid: str = "", at: float | None = None) -> None:
    """Move the money of an order and update its state; the caller stores it.

    Args:
        state: the state of the merchant.
        order: the order to pay.
        openid: the openid of the customer; a generated one by default.
        at: the time of the payment; None means now.
    """
    stop(state, order)
    moment = state.clock.now() if at is None else at
    paid = {"transaction_id": new_transaction_id(state), "openid": openid, "paid": moment}
    _move(state, order, paid)


def deduct(state: State, order: Order, notice: Notice, delay: float = 0) -> None:
    """Schedule the deduction of an order; the caller stores it.

    Args:
        state: the state of the merchant.
        order: an unpaid order.
        notice: sends the notification of the payment and returns its id, or an empty string without
            a notification.
        delay: additional seconds before the deduction.
    """
    stop(state, order)
    moment = state.clock.now() + delay + DEDUCTING
    paid = {"transaction_id": new_transaction_id(state), "openid": order["openid"], "paid": moment}
    number = notice(outbox_at(state, moment), order | _receipt(order, paid))
    order |= {"state": ACCEPT, "deduction": {**paid, "notice": number}}
    state.store.put("deducting", order["out_trade_no"], {"out_trade_no": order["out_trade_no"]})


def is_due(state: State, order: Order) -> bool:
    """Return whether an order's deduction has succeeded but is not in the ledger yet."""
    deduction = order.get("deduction")
    return deduction is not None and float(deduction["paid"]) <= state.clock.now()


def receive_due(state: State, order: Order) -> None:
    """Move the money of a successful deduction; the outbox already contains its notification."""
    deduction = order.pop("deduction")
    state.store.delete("deducting", order["out_trade_no"])
    _move(state, order, {name: deduction[name] for name in ("transaction_id", "openid", "paid")})


def stop(state: State, order: Order) -> None:
    """Cancel the deduction of an order, if there is one; the caller stores it."""
    deduction = order.pop("deduction", None)
    if deduction is not None:
        state.store.delete("deducting", order["out_trade_no"])
        if deduction["notice"]:
            withdraw(state, deduction["notice"])


def _receipt(order: Order, paid: dict[str, Any]) -> dict[str, Any]:
    """Return the members that a payment adds to an order."""
    openid = paid["openid"] or order.get("openid") or f"o{random_token(20)}"
    return {**paid, "openid": openid, "state": SUCCESS, "bank_type": "OTHERS"}


def _move(state: State, order: Order, paid: dict[str, Any]) -> None:
    rate, total = fees.rate(state), amounts.settlement(order)
    held = order.get("deposit")  # the fee of a deposit is charged when it is consumed
    charged = 0 if held else fees.fee(total, rate)
    frozen = total - charged if held or order.get("profit_sharing") else 0
    order |= {**_receipt(order, paid), "fee": charged, "fee_rate": rate, "frozen": frozen}
    if order.get("profit_sharing"):
        funds.freeze(state, order, frozen)
    numbers = {name: order[name] for name in ("out_trade_no", "transaction_id")}
    state.store.put("transaction", order["transaction_id"], {"out_trade_no": order["out_trade_no"]})
    account, moment = funds.account("frozen" if frozen else "merchant", order), order["paid"]
    paid_by_payer = amounts.payer_total(order)
    state.ledger.move("payment", paid_by_payer, "payer", account, at=moment, **numbers)
    fees.charge(state, charged, account, at=moment, **numbers)


def new_transaction_id(state: State) -> str:
    """Return a new transaction ID in WeChat Pay's format."""
    day = state.clock.compact()[:8]
    return f"4200{secrets.randbelow(10**6):06}{day}{secrets.randbelow(10**10):010}"
