"""A day in which everything happens, for engines to agree on."""

from __future__ import annotations

from typing import Any

from .days import DAY, Row, at, order, paid, refund, refunded, revoked

AFTER = "2026-11-26"

BILL: list[Row] = [
    paid("same", fee=1, rate="0.6%", sub_mchid="1"),
    paid("missing here"),
    paid("amount", 200),
    paid("currency", currency="HKD"),
    paid("state"),
    paid("fee", 10_000, fee=61, rate="0.6%"),
    paid("rate", 10_000, fee=100, rate="1%"),
    paid("twice"),
    paid("twice", transaction_id="4200second", trade_time=at("11:00:00")),
    paid("other id"),
    paid("late", trade_time=at("23:59:59")),
    paid("merchant", sub_mchid="1"),
    paid("shared", sub_mchid="1"),
    paid("shared", sub_mchid="2"),
    paid("Case "),
    *(paid("reversed"), revoked("reversed"), paid("half reversed"), revoked("unknown")),
    *(paid("not reversed"), revoked("not reversed")),
    refunded("same", "r same", 10),
    refunded("same", "r missing here", 10),
    refunded("same", "r amount", 10),
    refunded("same", "r order", 10),
    refunded("same", "r failed", 10, refund_status="FAIL"),
    refunded("amount", "r1 too much", 150),
    refunded("amount", "r2 too much", 100),
    refunded("earlier", "r3 too much", 90),
]
NEIGHBOURS: list[list[Row]] = [[paid("early", trade_time=at("00:00:01", AFTER))]]
ORDERS: list[Row] = [
    order("same", sub_mchid="1", rate="0.6%", currency="cny", paid_at=at("09:59:59")),
    order("missing there"),
    order("amount", 199),
    order("currency", currency="CNY"),
    order("state", trade_state="NOTPAY"),
    order("fee", 10_000, rate="0.6%"),
    order("rate", 10_000, rate="0.6%"),
    order("twice"),
    order("other id", transaction_id="4200other"),
    order("late", paid_at=at("00:00:00", AFTER)),
    order("early", paid_at=at("23:59:59")),
    order("merchant", sub_mchid="2"),
    order("shared", sub_mchid="1"),
    order("shared", sub_mchid="2"),
    order("case"),
    order("recorded twice"),
    order("recorded twice"),
    order("reversed", trade_state="REVOKED"),
    order("half reversed", trade_state="REVOKED"),
    order("not reversed", trade_state="SUCCESS"),
    order("unpaid", trade_state="CLOSED"),
    order("earlier", paid_at=at("12:00:00", "2026-11-20")),
]
REFUNDS: list[Row] = [
    refund("r same", 10, "same"),
    refund("r amount", 11, "same"),
    refund("r order", 10, "other"),
    refund("r failed", 10, "same"),
    refund("r missing there", 10, "same"),
    refund("r1 too much", 150, "amount"),
    refund("r2 too much", 100, "amount"),
    refund("r3 too much", 90, "earlier"),
    refund("r0", 20, "earlier", refunded_at=at("12:00:00", "2026-11-21")),
]
COUNTS = {
    "matched": 9,
    "missing_here": 2,
    "missing_there": 3,
    "amount": 1,
    "currency": 1,
    "state": 4,
    "fee": 2,
    "refund_missing_here": 2,
    "refund_missing_there": 1,
    "refund_amount": 4,
    "duplicate": 3,
    "other_day": 2,
    "merchant": 1,
}
DAY_GIVEN: dict[str, Any] = {"neighbours": NEIGHBOURS, "date": DAY}
