"""Lifecycle of a refund of any API: processing, then succeeded, closed, or abnormal.

A refund debits its merchant at once, and is processed for a few seconds of the gateway's time
before the customer is credited. During that time, a control can decide another outcome. An abnormal
refund did not arrive: the money waits until the merchant specifies another account.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4013080623 (states, where the money is),
https://pay.weixin.qq.com/docs/merchant/products/refund/introduction.html (a year, 50 times, rules
for orders that are shared)
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ...messages.exchange import Rejection
from ...notifications.outbox import Outbox
from ...state import State
from .. import fees, funds
from ..coupons import amounts
from ..payments import records as payments
from ..payments.records import Order
from ..schedule import outbox_at, settles, withdraw
from .reasons import TIMES, rejection

__all__ = [
    "ABNORMAL",
    "CLOSED",
    "PROCESSING",
    "SUCCESS",
    "TIMES",
    "Refund",
    "close",
    "create",
    "existing",
    "fail",
    "find",
    "find_by_id",
    "follows",
    "of_order",
    "on_change",
    "rejection",
    "resend_to",
    "reverse",
    "settle_due",
    "succeed",
]

PROCESSING, SUCCESS, ABNORMAL, CLOSED = "PROCESSING", "SUCCESS", "ABNORMAL", "CLOSED"
SETTLING = 5
"""Seconds of a refund's processing."""
TERM = 365 * 86400
"""Seconds after the payment during which an order can be refunded."""
REVERSIBLE = 7 * 86400
"""Seconds after the payment during which a payment by code can be reversed."""

Refund = dict[str, Any]
Notice = Callable[[State, Outbox, Refund], str]

_notices: dict[str, Notice] = {}
_followers: list[Notice] = []


def on_change(protocol: str) -> Callable[[Notice], Notice]:
    """Register the notification of a refund's result; the function returns the id."""

    def register(notice: Notice) -> Notice:
        _notices[protocol] = notice
        return notice

    return register


def follows(notice: Notice) -> Notice:
    """Register another notification for a refund's acceptance and success."""
    _followers.append(notice)
    return notice


def create(state: State, number: str, order: Order | None, about: dict[str, Any]) -> Refund:
    """Create a refund, or return the existing one if the content is the same.

    Args:
        state: the state of the gateway.
        number: `out_refund_no`.
        order: the order to refund.
        about: the refund's `protocol`, `content`, `amount`, `total`, `currency`, `sub_mchid`,
            `from_available`, `notify_url`, …; `advance` if the service provider pays for its
            sub-merchant.

    Raises:
        Rejection: the number was used for another refund, or the order cannot be refunded so.
    """
    protocol = about["protocol"]
    known = find(state, number)
    if known is not None:
        if known["content"] != about["content"]:
            raise rejection("different", protocol, number)
        return known
    order = _refundable(state, order, about)
    about = {**about, "coupons": amounts.split(order, about["amount"])}
    settled = amounts.settlement_refund(about)
    returned = fees.returned(order, settled)
    source = _source(state, order, about, settled - returned)
    now = state.clock.now()
    refund = {
        "out_refund_no": number,
        "refund_id": f"503{secrets.randbelow(10**8):08}{state.clock.compact()[:8]}"
        f"{secrets.randbelow(10**10):010}",
        "out_trade_no": order["out_trade_no"],
        "transaction_id": order["transaction_id"],
        "state": PROCESSING,
        "created": now,
        "received": "支付用户零钱",
        "target": "payer",
        "source": source,
        "fee": returned,
        "fee_base": settled
        if order.get("fee")
        else 0,  # a deposit has no fee before it is consumed
        **about,
    }
    order["state"] = payments.REFUND
    order["refunded"] += about["amount"]
    order["fee_returned"] = order.get("fee_returned", 0) + returned
    order["fee_base"] = order.get("fee_base", 0) + refund["fee_base"]
    order["refunds"] = [*order.get("refunds", ()), number]
    payments.save(state, order)
    state.store.put("refund-id", refund["refund_id"], {"out_refund_no": number})
    numbers = _numbers(refund)
    fees.give_back(state, returned, source, **numbers)
    if settled:
        state.ledger.move("refund", settled, source, "refunding", **numbers, fee=returned)
    _process(state, refund)
    _tell_followers(state, state.outbox, refund)
    return refund


def _refundable(state: State, order: Order | None, about: dict[str, Any]) -> Order:
    protocol, amount = about["protocol"], about["amount"]
    if order is None or order["state"] in payments.OPEN or order["state"] == payments.CLOSED:
        raise rejection("absent", protocol)
    if order["state"] == payments.REVOKED:
        raise rejection("reversed", protocol, order["out_trade_no"])
    if about["sub_mchid"] != funds.sub_merchant(order) or about["currency"] != order["currency"]:
        raise rejection("other", protocol, order["out_trade_no"])
    if about["total"] != order["total"]:
        raise rejection("different", protocol, order["out_trade_no"])
    if state.clock.now() > order["paid"] + TERM:
        raise rejection("overdue", protocol, order["out_trade_no"])
    rest = order["total"] - order["refunded"]
    if rest == 0:
        raise rejection("refunded", protocol, order["out_trade_no"])
    if amount > rest:
        raise rejection("too_much", protocol, f"{amount} > {rest}")
    if len(order.get("refunds", ())) >= TIMES:
        raise rejection("too_often", protocol)
    return order


def _source(state: State, order: Order, about: dict[str, Any], amount: int) -> str:
    """Return the account that pays a refund: frozen money first, unless it was shared."""
    unsplit = funds.unsplit(state, order)
    if unsplit and not about["from_available"] and not about.get("advance"):
        if amount > unsplit:
            raise rejection("unshared", about["protocol"], f"{amount} > {unsplit}")
        order["frozen"] -= amount
        return funds.account("frozen", order)
    account = "merchant" if about.get("advance") else funds.account("merchant", order)
    if state.ledger.balance(account) < amount:
        raise rejection(
            "no_money", about["protocol"], f"{state.ledger.balance(account)} < {amount}"
        )
    return account


def _numbers(refund: Refund) -> dict[str, Any]:
    names = ("out_trade_no", "transaction_id", "out_refund_no", "refund_id")
    return {name: refund[name] for name in names}


def _process(state: State, refund: Refund) -> None:
    """Start the processing of a refund, which succeeds after a few seconds."""
    settles = state.clock.now() + SETTLING
    refund |= {"state": PROCESSING, "settles": settles}
    arrived = refund | {"state": SUCCESS, "succeeded": settles}
    refund["notice"] = _tell(state, outbox_at(state, settles), arrived)
    refund["followed"] = _tell_followers(state, outbox_at(state, settles), arrived)
    state.store.put("settling", refund["out_refund_no"], {"out_refund_no": refund["out_refund_no"]})
    _save(state, refund)


def _tell(state: State, outbox: Outbox, refund: Refund) -> str:
    return _notices[refund["protocol"]](state, outbox, refund) if refund["notify_url"] else ""


def _tell_followers(state: State, outbox: Outbox, refund: Refund) -> list[str]:
    return [number for each in _followers if (number := each(state, outbox, refund))]


def _save(state: State, refund: Refund) -> None:
    state.store.put("refund", refund["out_refund_no"], refund)
    state.log.tell("refund", refund)


def find(state: State, number: str) -> Refund | None:
    """Return a refund by its merchant-assigned number, in its current state, or None."""
    refund = state.store.get("refund", number)
    if refund is None:
        return None
    if refund["state"] == PROCESSING and refund["settles"] <= state.clock.now():
        _succeed(state, refund, refund["settles"])
    return refund


def find_by_id(state: State, refund_id: str) -> Refund | None:
    """Return a refund by WeChat Pay's number, in its current state; None if there is none."""
    pointer = state.store.get("refund-id", refund_id)
    return None if pointer is None else find(state, pointer["out_refund_no"])


def existing(state: State, number: str) -> Refund:
    """Return a refund by its merchant-assigned number, in its current state.

    Raises:
        Rejection: there is no such refund.
    """
    refund = find(state, number)
    if refund is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"退款单不存在: {number}")
    return refund


def of_order(state: State, order: Order) -> list[Refund]:
    """Return the refunds of an order, oldest first."""
    return [existing(state, number) for number in order.get("refunds", ())]


@settles
def settle_due(state: State) -> None:
    """Store the refunds that have succeeded."""
    for each in state.store.all("settling"):
        find(state, each["out_refund_no"])


def _succeed(state: State, refund: Refund, moment: float) -> None:
    back = (
        ("refunded", amounts.paid_back(refund), refund["target"]),
        ("coupon_refunded", amounts.with_cash(refund), "merchant"),
    )
    with state.store.transaction():  # concurrent readers pay it back once
        for kind, amount, target in back:
            if amount:
                numbers = _numbers(refund)
                state.ledger.move(kind, amount, "refunding", target, at=moment, **numbers)
        refund |= {"state": SUCCESS, "succeeded": moment, "notice": ""}
        state.store.delete("settling", refund["out_refund_no"])
        _save(state, refund)


def _stop(state: State, number: str) -> Refund:
    """Stop the processing of a refund, and return it; it no longer succeeds by itself."""
    refund = existing(state, number)
    if refund["state"] != PROCESSING:
        raise Rejection(400, "INVALID_REQUEST", f"退款单状态是 {refund['state']}: {number}")
    for notice in (refund["notice"], *refund.get("followed", ())):
        withdraw(state, notice)
    state.store.delete("settling", number)
    return refund | {"notice": ""}


def succeed(state: State, number: str) -> Refund:
    """Complete a refund at once.

    Raises:
        Rejection: there is no such refund, or it is no longer processed.
    """
    refund = _stop(state, number)
    _succeed(state, refund, state.clock.now())
    _tell(state, state.outbox, refund)
    _tell_followers(state, state.outbox, refund)
    return refund


def fail(state: State, number: str) -> Refund:
    """Fail a refund, as with a void card of the customer; it becomes abnormal.

    Raises:
        Rejection: there is no such refund, or it is no longer processed.
    """
    refund = _stop(state, number) | {"state": ABNORMAL}
    _save(state, refund)
    _tell(state, state.outbox, refund)
    return refund


def close(state: State, number: str) -> Refund:
    """Close a refund; the merchant gets the money back, and can refund with another number.

    Raises:
        Rejection: there is no such refund, or it is no longer processed.
    """
    refund = _stop(state, number) | {"state": CLOSED}
    order = payments.existing(state, refund["out_trade_no"])
    order["refunded"] -= refund["amount"]
    amounts.put_back(order, amounts.coupons(refund))
    charged, settled = refund.get("fee", 0), amounts.settlement_refund(refund)
    order["fee_returned"] = order.get("fee_returned", 0) - charged
    order["fee_base"] = order.get("fee_base", 0) - refund.get("fee_base", 0)
    account = refund["source"]
    if not refund.get("advance"):
        account = funds.freeze_again(state, order, settled - charged)
    payments.save(state, order)
    if settled:
        state.ledger.move("refund_closed", settled, "refunding", account, **_numbers(refund))
    fees.charge(state, charged, account, **_numbers(refund))
    _save(state, refund)
    _tell(state, state.outbox, refund)
    return refund


def resend_to(state: State, refund: Refund, target: str, received: str, content: str) -> Refund:
    """Send an abnormal refund to another account; a repetition has no effect unless it failed.

    Args:
        state: the state of the gateway.
        refund: the refund.
        target: the ledger account: `payer`, or the merchant's `bank`.
        received: the description of the receiving account.
        content: the fingerprint of the request.

    Raises:
        Rejection: the refund is not abnormal.
    """
    if refund["state"] != ABNORMAL:
        if refund.get("resent") == content:
            return refund
        message = f"退款单状态是 {refund['state']}，不是退款异常: {refund['out_refund_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    refund |= {"target": target, "received": received, "resent": content}
    _process(state, refund)
    return refund


def reverse(state: State, order: Order, protocol: str) -> bool:
    """Reverse a payment by code: refund the unrefunded amount, and revoke the order.

    Args:
        state: the state of the gateway.
        order: a paid or open order; a revoked one stays revoked.
        protocol: the protocol of the request: `v2` or `v3`.

    Returns:
        Whether the reversal is complete; otherwise, the request must be repeated.

    Raises:
        Rejection: the term has passed, or the merchant's balance is too low.
    """
    if order.pop("recall", False):
        payments.save(state, order)
        return False
    if order["state"] in (payments.SUCCESS, payments.REFUND):
        _pay_back(state, order, protocol)
    order["state"] = payments.REVOKED
    payments.save(state, order)
    return True


def _pay_back(state: State, order: Order, protocol: str) -> None:
    if state.clock.now() > order["paid"] + REVERSIBLE:
        raise rejection("irreversible", protocol, order["out_trade_no"])
    funds.release(state, order)
    rest, account = order["total"] - order["refunded"], funds.account("merchant", order)
    about = {"amount": rest, "coupons": amounts.split(order, rest)}
    settled, cash = amounts.settlement_refund(about), amounts.with_cash(about)
    returned = fees.returned(order, settled)
    if state.ledger.balance(account) < settled - returned:
        have = state.ledger.balance(account)
        raise rejection("no_money", protocol, f"{have} < {settled - returned}")
    if rest:
        numbers = {name: order[name] for name in ("out_trade_no", "transaction_id")}
        fees.give_back(state, returned, account, **numbers)
        told = {**numbers, "fee": returned, "requested": rest, "coupon": cash}
        state.ledger.move("reverse", amounts.paid_back(about), account, "payer", **told)
        if cash and account != "merchant":  # it goes back to the merchant that paid for the coupons
            state.ledger.move("coupon_refunded", cash, account, "merchant", **numbers)
    order["refunded"] = order["total"]
