"""Notifications of profit sharing, which inform a receiver of transferred money.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4014547102
"""

from __future__ import annotations

from typing import Any

from ...state import State
from .. import checks, funds
from ..payments.records import Order

__all__ = ["notify", "send_notices_to"]


def send_notices_to(state: State, notify_url: str) -> str:
    """Set the URL of sharing notifications; empty restores the URL of each order.

    Merchants set this URL in the merchant platform, not in a request.

    Raises:
        Rejection: the URL is invalid.
    """
    address = checks.address(notify_url, "/notify_url")
    state.store.put("setting", "sharing", {"notify_url": address})
    return address


def notify(
    state: State,
    order: Order,
    order_id: str,
    number: str,
    receiver: dict[str, Any],
    event: str = "PROFITSHARING.SUCCESS",
) -> None:
    """Notify a receiver of transferred money."""
    setting = state.store.get("setting", "sharing") or {}
    url, sub = setting.get("notify_url") or order["notify_url"], funds.sub_merchant(order)
    if not url:
        return
    mchid = state.identity.mchid
    content = {
        **({"sp_mchid": mchid, "sub_mchid": sub} if sub else {"mchid": mchid}),
        "transaction_id": order["transaction_id"],
        "order_id": order_id,
        "out_order_no": number,
        "receiver": {name: receiver[name] for name in ("type", "account", "amount", "description")},
        "success_time": state.clock.rfc3339(),
    }
    summary = "分账" if event == "PROFITSHARING.SUCCESS" else "分账回退"
    state.outbox.post(url, event, content, summary=summary, original_type="profitsharing")
