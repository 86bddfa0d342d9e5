"""What happened on a day: each order and refund is a function of the seed, the date and its index.

Nothing is remembered, so a day of any size is made with constant memory, and a later day refunds
an order of an earlier one without its files.
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
"""Knuth's multiplier: neighbouring indices get purchases that have nothing in common."""
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
"""What buyers bought: 12 of 64 are traps for parsers, spreadsheets, web pages and databases."""
ATTACHED = ("", "", "", "shop=12,till=3", '{"a": 1, "b": "x,y"}', "备注", "", "")
DEVICES = ("", "", "", "", "", "", "POS-01", "WEB")
TYPES = ("JSAPI", "JSAPI", "JSAPI", "NATIVE", "APP", "MWEB", "MICROPAY", "JSAPI")
BANKS = ("OTHERS", "CMB_DEBIT", "ICBC_CREDIT", "CFT", "CCB_DEBIT", "OTHERS", "BOC_DEBIT", "OTHERS")


class Form(NamedTuple):
    """What is the same on all days.

    Attributes:
        seed: of everything.
        mchid: the merchant.
        appid: its application.
        sub_mchids: sub-merchants; none for a direct merchant.
        rate: the agreed fee, in ten-thousandths.
        refunds: refunds per order, at most 0.5.
        coupons: whether some orders are paid with coupons.
        discounts: whether some of these are the merchant's own, which are not settled.
        currencies: of which the first is most frequent.
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
    """What was bought, by whom and for how much: what orders have in common. Amounts in fen."""

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
    """Of the day."""

    def but(self, **changes: Any) -> Order:
        """The order with another purchase."""
        return self._replace(purchase=dataclasses.replace(self.purchase, **changes))


class Refund(NamedTuple):
    """A refund; amounts in fen, and what of them is given back. A reversal has no numbers: `0`."""

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
        date: of the day.
        orders: how many.
        form: what is the same on all days.
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
        """One of the day's orders."""
        return Order(
            f"{self._number}{index:09}",
            f"{self._transaction}{index:010}",
            self._purchases[((index + self._first) * GOLDEN >> 16) % PURCHASES],
            index * DAY // self.orders,
        )

    def reversal(self, index: int, order: Order) -> Refund | None:
        """The reversal of a payment by payment code; None where there is none."""
        if not self.form.reversals or index % REVERSED_EVERY != 7:
            return None
        if self.refunded(index) is not None:
            return None
        bought = order.purchase
        return Refund(
            "0", "0", order, bought.total, bought.settlement_total, bought.coupon, bought.fee, 0
        )

    def refunded(self, index: int) -> int | None:
        """The number of the refund that belongs to an order's index; None where none does."""
        number = -(-index * self.refunds // self.orders)
        same = number < self.refunds and self.refunded_index(number) == index
        return number if same else None

    def refunded_index(self, number: int) -> int:
        """The index of the order that a refund belongs to."""
        return number * self.orders // self.refunds

    def refund(self, number: int) -> Refund:
        """One of the day's refunds.

        Of each eight, four are of the day's own orders (whole or half), two of one order in
        parts, and two of an order of yesterday and of the day before, refunded in parts over
        two days.
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
    """What is bought, in an order that the seed decides.

    Args:
        form: whose goods they are.
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
