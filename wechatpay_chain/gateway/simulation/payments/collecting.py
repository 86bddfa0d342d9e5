"""Frozen merchants and limits on collected amounts.

Source: WeChat Pay's error number 268448010 (此商家的收款功能已被限制), and `RULE_LIMIT` in the
lists of errors of the operations that make payments
"""

from __future__ import annotations

from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from ...store.profile import Profile, SubMerchant
from ..funds import sub_merchant

__all__ = ["assert_collects", "assert_within_limits"]

Order = dict[str, Any]

FROZEN = 268448010
IN_V2 = {"NO_AUTH": "NOAUTH", "RULE_LIMIT": "RULELIMIT"}
COLLECTED = ("SUCCESS", "REFUND")
"""The states of a paid order."""


def assert_collects(state: State, order: Order) -> None:
    """Reject an order if its merchant or service provider is frozen.

    Raises:
        Rejection: `NO_AUTH`.
    """
    if any(each.collecting.frozen for each in _parties(state, order)):
        raise _rejection(order, "NO_AUTH", "此商家的收款功能已被限制，暂无法支付", FROZEN)


def assert_within_limits(state: State, order: Order) -> None:
    """Reject an order above a limit of its merchant, for one payment or for one day.

    Raises:
        Rejection: `RULE_LIMIT`.
    """
    total = order["total"]
    for party in _parties(state, order):
        collecting = party.collecting
        if collecting.payment_limit is not None and total > collecting.payment_limit:
            message = f"商户号 {party.mchid} 单笔收款限额为 {collecting.payment_limit} 分"
            raise _rejection(order, "RULE_LIMIT", message)
        if collecting.daily_limit is None:
            continue
        if _collected_today(state, party) + total > collecting.daily_limit:
            message = f"商户号 {party.mchid} 单日收款限额为 {collecting.daily_limit} 分"
            raise _rejection(order, "RULE_LIMIT", message)


def _parties(state: State, order: Order) -> list[Profile | SubMerchant]:
    """Return the merchant, and the paid sub-merchant if there is one."""
    sub = state.profile.sub_merchants.get(sub_merchant(order))
    return [state.profile] if sub is None else [state.profile, sub]


def _collected_today(state: State, party: Profile | SubMerchant) -> int:
    """Return today's payments in fen, of a sub-merchant, or of a merchant and its sub-merchants."""
    today = state.clock.date()
    return sum(
        order["total"]
        for order in state.store.all("order")
        if order["state"] in COLLECTED
        and state.clock.date(order["paid"]) == today
        and (party is state.profile or sub_merchant(order) == party.mchid)
    )


def _rejection(order: Order, code: str, message: str, number: int | None = None) -> Rejection:
    is_v2 = order["protocol"].startswith("v2")
    return Rejection(403, IN_V2[code] if is_v2 else code, message, number=number)
