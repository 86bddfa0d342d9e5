"""Refunds through the outbox, under resets, timeouts and errors: what was asked for, and faults."""

from __future__ import annotations

import random
from types import TracebackType
from typing import Any, Self

from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway

__all__ = ["REFUNDS", "Faults", "paid_orders", "refunds_of"]

REFUNDS = "v3/refund/domestic/refunds"
PER_ORDER = 40
"""Refunds of one order; WeChat Pay allows 50."""
FEN = 100
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("reset", {}),
    ("truncate", {}),
    ("status", {"status": 500}),
    ("delay", {"seconds": 3}),
    ("frequency_limit", {}),
    ("bad_signature", {}),
    ("wrong_body", {}),
)


class Faults:
    """Lets requests go wrong until the end of the block: one in so many.

    Args:
        gateway: that applies them.
        every: requests from one fault to the next.
    """

    def __init__(self, gateway: Gateway, every: int) -> None:
        self._gateway, self._every = gateway, every
        self._chance = random.Random(5)
        self._requests = 0
        self.count = 0

    def _listen(self, kind: str, entry: dict[str, Any]) -> None:
        self._requests += kind == "request"
        if kind == "request" and self._requests % self._every == 0:
            fault, options = self._chance.choice(FAULTS)
            path = self._chance.choice((REFUNDS, REFUNDS, f"{REFUNDS}/*"))
            self._gateway.faults.add(path, fault, 1, **options)
            self.count += 1

    def __enter__(self) -> Self:
        self._gateway.state.log.listeners.add(self._listen)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._gateway.state.log.listeners.discard(self._listen)
        self._gateway.faults.clear()


def paid_orders(gateway: Gateway, wxpay: WeChatPay, refunds: int) -> list[str]:
    """Orders that are paid, enough for so many refunds."""
    numbers = []
    for position in range(-(-refunds // PER_ORDER)):
        number = f"O{position:05}"
        order = {
            "appid": gateway.identity.appid,
            "mchid": gateway.identity.mchid,
            "description": "soak",
            "out_trade_no": number,
            "notify_url": "http://127.0.0.1:1/notify",
            "amount": {"total": FEN * PER_ORDER, "currency": "CNY"},
        }
        wxpay.v3.pay.transactions.native.post(json=order)
        gateway.pay(number)
        numbers.append(number)
    return numbers


def refunds_of(orders: list[str], count: int) -> list[dict[str, Any]]:
    """Bodies of so many refunds."""
    return [
        {
            "out_trade_no": orders[position // PER_ORDER],
            "out_refund_no": f"R{position:05}",
            "amount": {"refund": FEN, "total": FEN * PER_ORDER, "currency": "CNY"},
        }
        for position in range(count)
    ]
