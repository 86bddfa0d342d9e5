"""The events of a day: each order and refund is a function of the seed, the date and its index.

No state is kept. A day of any size therefore needs constant memory, and a later day can refund an
earlier order without that day's files.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import random
from typing import Any, NamedTuple

__all__ = ["REVERSED_EVERY", "SHANGHAI", "Facts", "Form", "Order", "Purchase", "Refund"]

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
DAY = 86_400
PURCHASES = 4096
GOLDEN = 2_654_435_761
"""Knuth's multiplier, so that adjacent indices get unrelated purchases."""
REVERSED_EVERY = 250
DESCRIPTIONS = (
    "苹果, 1 斤",
    '12" 披萨, 大份, 加芝士',
    "`秘制` 酱料",
    "<script>alert('订单')</script>",
    "=cmd|'/C calc'!A0",
    "+1 会员",
    "@SUM(A1:A9)",
    "🎁 礼盒 🐼, 春节款,",
    "A&B 套餐 </td>",
    "'; DROP TABLE orders; --",
    "退货包运费\t特惠",
    "0",
    *(f"商品 {number}" for number in range(52)),
)
"""Descriptions of goods: 12 of 64 are hard to process for parsers, spreadsheets, web pages or
databases."""
ATTACHED = ("", "", "", "shop=12,till=3", '{"a": 1, "b": "x,y"}', "备注", "", "")
DEVICES = ("", "", "", "", "", "", "POS-01", "WEB")
TYPES = ("JSAPI", "JSAPI", "JSAPI", "NATIVE", "APP", "MWEB", "MICROPAY", "JSAPI")
BANKS = ("OTHERS", "CMB_DEBIT", "ICBC_CREDIT", "CFT", "CCB_DEBIT", "OTHERS", "BOC_DEBIT", "OTHERS")


class Form(NamedTuple):
    """The settings that all days share.

    Attributes:
        seed: the random seed.
        mchid: the merchant ID.
        appid: its appid.
        sub_mchids: the sub-merchants; empty for a direct merchant.
        rate: the agreed fee, in ten-thousandths.
        refunds: refunds per order, at most 0.5.
        coupons: whether some orders are paid with coupons.
        discounts: whether some of these coupons are the merchant's own, which are not settled.
        currencies: the currencies, most frequent first.
        reversals: whether some payments are reversed.
    """

    seed: int
    mchid: str
    appid: str
    sub_mchids: tuple[str, ...]
    rate: int
    refunds: float
    coupons: bool
    discounts: bool
    currencies: tuple[str, ...]
    reversals: bool = True


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Purchase:
    """The goods, buyer and amounts of an order; shared by several orders. Amounts in fen."""

    sub_mchid: str
    openid: str
    device_info: str
    trade_type: str
    bank_type: str
    currency: str
    settlement_total: int
    coupon: int
    description: str
    attach: str
    fee: int
    rate: int
    total: int


class Order(NamedTuple):
    """A paid order."""

    out_trade_no: str
    transaction_id: str
    purchase: Purchase
    second: int
    """Seconds since midnight."""

    def but(self, **changes: Any) -> Order:
        """Return the order with a changed purchase."""
        return self._replace(purchase=dataclasses.replace(self.purchase, **changes))


class Refund(NamedTuple):
    """A refund, with its amounts in fen. A reversal has `0` instead of refund numbers."""

    out_refund_no: str
    refund_id: str
    order: Order
    requested: int
    refund: int
    coupon: int
    fee: int
    days_later: int
    """Days between the payment and the refund."""


class Facts:
    """The orders and refunds of a day.

    Args:
        date: the date.
        orders: the number of orders.
        form: the settings that all days share.
    """

    def __init__(self, date: datetime.date, orders: int, form: Form) -> None:
        self.date = date
        self.orders = orders
        self.form = form
        self.refunds = int(orders * form.refunds)
        self.midnight = int(datetime.datetime.combine(date, datetime.time(), SHANGHAI).timestamp())
        self._number = f"T{date:%Y%m%d}"
        self._transaction = f"4200001234{date:%Y%m%d}"
        self._first = form.seed * 97 + date.toordinal()
        self._purchases = purchases(form)

    def order(self, index: int) -> Order:
        """Return one of the day's orders."""
        return Order(
            f"{self._number}{index:09}",
            f"{self._transaction}{index:010}",
            self._purchases[((index + self._first) * GOLDEN >> 16) % PURCHASES],
            index * DAY // self.orders,
        )

    def reversal(self, index: int, order: Order) -> Refund | None:
        """Return the reversal of a code payment, or None."""
        if not self.form.reversals or index % REVERSED_EVERY != 7:
            return None
        if self.refunded(index) is not None:
            return None
        bought = order.purchase
        return Refund(
            "0", "0", order, bought.total, bought.settlement_total, bought.coupon, bought.fee, 0
        )

    def refunded(self, index: int) -> int | None:
        """Return the number of the refund for an order's index, or None."""
        number = -(-index * self.refunds // self.orders)
        same = number < self.refunds and self.refunded_index(number) == index
        return number if same else None

    def refunded_index(self, number: int) -> int:
        """Return the index of a refund's order."""
        return number * self.orders // self.refunds

    def refund(self, number: int) -> Refund:
        """Return one of the day's refunds.

        Of every eight refunds, four belong to the day's own orders (full or half), two refund one
        order in parts, and two belong to an order of yesterday and one of the day before, which are
        refunded in parts over two days.
        """
        which, days_later = number & 7, 0
        index = self.refunded_index(number - 1 if which in (5, 7) else number)
        facts = self
        if which > 5:
            days_later = which - 5
            date = self.date - datetime.timedelta(days=days_later)
            facts = Facts(date, self.orders, self.form)
        order = facts.order(index)
        bought = order.purchase
        requested, refund, coupon = bought.total, bought.settlement_total, bought.coupon
        if which > 3:
            requested, coupon = max(1, bought.settlement_total // 3), 0
            refund = requested
        elif which & 1 and not coupon:
            requested = refund = max(1, bought.total // 2)
        return Refund(
            f"R{self._number[1:]}{number:09}",
            f"50300{self._transaction[5:]}{number:010}",
            order,
            requested,
            refund,
            coupon,
            (refund * bought.rate + 5000) // 10_000,
            days_later,
        )


@functools.lru_cache(8)
def purchases(form: Form) -> list[Purchase]:
    """Return the purchases in a seeded random order.

    Args:
        form: the settings of the days.
    """
    chance = random.Random(form.seed)  # noqa: S311 - repeatable
    return [_purchase(form, chance, number) for number in range(PURCHASES)]


def _purchase(form: Form, chance: random.Random, number: int) -> Purchase:
    total = 3 + chance.randrange(200_000 if number % 4 == 0 else 20_000)
    coupon, settlement = 0, total
    if form.coupons and number % 32 == 0:
        coupon = total // 5
        if form.discounts and number % 64 == 0:
            settlement -= total // 10
    currency = form.currencies[0] if number % 16 else chance.choice(form.currencies)
    return Purchase(
        sub_mchid=chance.choice(form.sub_mchids) if form.sub_mchids else "",
        openid=f"oUpF8u{chance.randrange(1 << 88):022x}",
        device_info=chance.choice(DEVICES),
        trade_type=chance.choice(TYPES),
        bank_type=chance.choice(BANKS),
        currency=currency,
        settlement_total=settlement,
        coupon=coupon,
        description=chance.choice(DESCRIPTIONS),
        attach=chance.choice(ATTACHED),
        fee=(settlement * form.rate + 5000) // 10_000,
        rate=form.rate,
        total=total,
    )
