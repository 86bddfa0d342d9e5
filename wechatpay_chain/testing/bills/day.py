"""One generated day of a merchant: WeChat Pay's bills and the merchant's own orders."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from . import files
from .differences import AROUND_MIDNIGHT, CLASSES, Difference, choose
from .facts import REVERSED_EVERY, SHANGHAI, Facts, Order, Refund
from .text import Event, fund_flow_text, trade_text

__all__ = ["Day", "Paths", "Shape"]

Shape = Literal["direct", "partner", "short", "v2"]
OTHER_CURRENCIES = ("USD", "HKD", "EUR")
UNPAID = 50
"""One unpaid order is added per this many orders; it is in no bill and is not a difference."""
OPENING = 1_000_000
"""The account balance at midnight, in fen."""
ONE = datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Paths:
    """The files of a day.

    Attributes:
        trade: the trade bill.
        neighbours: the trade bills of the previous and the next day.
        fund_flow: the fund flow bill of the basic account.
        orders: the merchant's orders, Parquet or CSV.
        refunds: the merchant's refunds of the day, Parquet or CSV.
    """

    trade: Path
    neighbours: tuple[Path, Path]
    fund_flow: Path
    orders: Path
    refunds: Path


class Day:
    """A day with known differences, created by `generate` or `days`.

    Attributes:
        date: the date.
        rate: the agreed fee as a fraction, such as `Decimal("0.0060")`.
        mchid: the merchant ID.
        sub_mchids: the sub-merchants; empty for a direct merchant.
        differences: all differences in the files.
    """

    def __init__(self, facts: Facts, shape: Shape, counts: dict[str, int]) -> None:
        self._facts, self._shape = facts, shape
        self.date, self.mchid = facts.date, facts.form.mchid
        self.sub_mchids = facts.form.sub_mchids
        self.rate = Decimal(facts.form.rate).scaleb(-4)
        self.before: Day | None = None
        self.after: Day | None = None
        self._orders, self._refunds = choose(
            counts,
            f"{facts.form.seed} {facts.date}",
            (facts.orders, lambda index: facts.refunded(index) is None),
            (facts.refunds, lambda number: number & 7 < 4),
        )

    @property
    def differences(self) -> list[Difference]:
        """All differences, those of orders first."""
        found = []
        for index, (kind, _) in sorted(self._orders.items()):
            kind = "other_day" if kind in AROUND_MIDNIGHT else kind
            found.append(Difference(kind, self._facts.order(index).out_trade_no))
        found += [Difference("other_day", order.out_trade_no) for order, _ in self._strayed()]
        for number, (kind, way) in sorted(self._refunds.items()):
            refund = self._facts.refund(number)
            if kind == "refund_amount" and way & 1:
                refund = self._too_much(refund, number)
            found.append(Difference(kind, refund.order.out_trade_no, refund.out_refund_no))
        return found

    @property
    def expected(self) -> dict[str, int]:
        """The expected result of a reconciliation: a count per class of differences, and `matched`.

        `matched` counts the bill's rows (payments, refunds, reversals) without a difference. Of two
        payments of one order, and of refunds that together exceed the payment, the first row
        matches.
        """
        counts = dict.fromkeys(("matched", *CLASSES), 0)
        for difference in self.differences:
            counts[difference.kind] += 1
        first_ones = counts["duplicate"] + sum(
            kind == "refund_amount" and way & 1 for kind, way in self._refunds.values()
        )
        facts = self._facts
        reversals = sum(
            facts.reversal(index, facts.order(index)) is not None
            for index in range(7, facts.orders, REVERSED_EVERY)
            if index not in self._orders
        )
        rows = facts.orders + facts.refunds + reversals
        counts["matched"] = rows - len(self._orders) - len(self._refunds) + first_ones
        return counts

    def trade(
        self,
        type: str = "ALL",  # noqa: A002 - WeChat Pay's own word
        *,
        sub_mchid: str = "",
    ) -> Iterator[str]:
        """Yield the trade bill in pieces of text.

        Args:
            type: `ALL`, `SUCCESS` or `REFUND`.
            sub_mchid: only include this sub-merchant's payments and refunds; empty includes all.
        """
        mark, end = ("\ufeff", "\r\n") if self._shape == "v2" else ("", "\n")
        kind = "SHORT" if self._shape == "short" and type == "ALL" else type
        pieces = trade_text(self._events(sub_mchid), self.date, self._facts.form, kind, end)
        for piece in pieces:
            yield f"{mark}{piece}"
            mark = ""

    def fund_flow(self, *, sub_mchid: str = "") -> Iterator[str]:
        """Yield the fund flow bill of the basic account in pieces of text.

        Args:
            sub_mchid: the sub-merchant; empty sums up all accounts, including those of
                sub-merchants.
        """
        mark, end = ("\ufeff", "\r\n") if self._shape == "v2" else ("", "\n")
        pieces = fund_flow_text(self._events(sub_mchid), self.date, self._facts.form, OPENING, end)
        for piece in pieces:
            yield f"{mark}{piece}"
            mark = ""

    def payments(self) -> Iterator[Order]:
        """Yield the payments in the trade bill."""
        return (order for order, refund in self._events("") if refund is None)

    def _events(self, sub_mchid: str) -> Iterator[Event]:
        """Yield WeChat Pay's payments and refunds, of all or one sub-merchant, in bill order."""
        if sub_mchid:
            yield from (
                each for each in self._events("") if each[0].purchase.sub_mchid == sub_mchid
            )
            return
        facts, chosen = self._facts, self._orders
        number = 0
        following = facts.refunded_index(0) if facts.refunds else -1
        for index in range(facts.orders):
            order = facts.order(index)
            if index in chosen:
                yield from self._differing_payments(order, *chosen[index])
            else:
                yield order, None
                if (reversal := facts.reversal(index, order)) is not None:
                    yield order, reversal
            while index == following:
                yield from self._refund_events(number, order.second)
                number += 1
                following = facts.refunded_index(number) if number < facts.refunds else -1

    def _differing_payments(self, order: Order, kind: str, way: int) -> Iterator[Event]:
        if kind == "missing_there":
            return
        if kind == "late":
            order = order._replace(second=86_399)
        elif kind == "early":
            order = order._replace(second=0)
        elif kind == "fee" and way & 1:
            rate = order.purchase.rate + 10
            order = order.but(
                rate=rate, fee=(order.purchase.settlement_total * rate + 5000) // 10_000
            )
        elif kind == "fee":
            order = order.but(fee=order.purchase.fee + 2 + way)
        yield order, None
        if kind == "duplicate" and not way & 1:
            yield order._replace(transaction_id=f"42999{order.transaction_id[5:]}"), None

    def _refund_events(self, number: int, second: int) -> Iterator[Event]:
        kind, way = self._refunds.get(number, ("", 0))
        if kind == "refund_missing_there":
            return
        refund = self._facts.refund(number)
        order = refund.order._replace(second=second)
        yield order, refund
        if kind == "refund_amount" and way & 1:
            yield order, self._too_much(refund, number)

    def _too_much(self, refund: Refund, number: int) -> Refund:
        """Return a second refund of the whole order, so that the sum exceeds the payment."""
        order, own = refund.order, f"{self._facts.refunds + number:09}"
        return refund._replace(
            out_refund_no=f"{refund.out_refund_no[:9]}{own}",
            refund_id=f"{refund.refund_id[:18]}{self._facts.refunds + number:010}",
            requested=order.purchase.total,
            refund=order.purchase.settlement_total,
            fee=order.purchase.fee,
        )

    def orders(self) -> Iterator[dict[str, Any]]:
        """Yield the merchant's orders: `out_trade_no`, `total` in fen, and other known members.

        These are the orders of the day, earlier orders refunded on the day, and some unpaid orders,
        which are not differences.
        """
        facts, chosen = self._facts, self._orders
        for index in range(facts.orders):
            order = facts.order(index)
            if index in chosen:
                yield from self._differing_orders(index, order, *chosen[index])
            else:
                state = "SUCCESS" if facts.refunded(index) is None else "REFUND"
                state = state if facts.reversal(index, order) is None else "REVOKED"
                yield self._own(order, facts.midnight + order.second, trade_state=state)
        for order, moment in self._strayed():
            yield self._own(order, moment)
        seen = set()
        for number in range(facts.refunds):
            refund = facts.refund(number)
            order = refund.order
            if refund.days_later and order.out_trade_no not in seen:
                seen.add(order.out_trade_no)
                moment = facts.midnight - 86_400 * refund.days_later + order.second
                yield self._own(order, moment, trade_state="REFUND")
        for number in range(facts.orders // UNPAID):
            order = facts.order(number)
            yield self._own(order, None, trade_state=("NOTPAY", "CLOSED")[number & 1]) | {
                "out_trade_no": f"U{order.out_trade_no[1:]}",
            }

    def _own(
        self, order: Order, moment: int | None, trade_state: str = "SUCCESS"
    ) -> dict[str, Any]:
        bought = order.purchase
        return {
            "out_trade_no": order.out_trade_no,
            "total": bought.total,
            "trade_state": trade_state,
            "transaction_id": None if moment is None else order.transaction_id,
            "sub_mchid": bought.sub_mchid or None,
            "currency": bought.currency,
            "paid_at": None
            if moment is None
            else datetime.datetime.fromtimestamp(moment, SHANGHAI),
        }

    def _differing_orders(
        self, index: int, order: Order, kind: str, way: int
    ) -> Iterator[dict[str, Any]]:
        facts, bought = self._facts, order.purchase
        moment: int | None = facts.midnight + order.second
        state = "SUCCESS"
        if kind == "missing_here":
            return
        if kind == "amount":
            order = order.but(total=order.purchase.total + (1 if way & 1 else -1))
        elif kind == "currency":
            others = [each for each in OTHER_CURRENCIES if each != bought.currency]
            order = order.but(currency=others[way % len(others)])
        elif kind == "state":
            moment, state = None, ("NOTPAY", "CLOSED")[way & 1]
        elif kind in AROUND_MIDNIGHT:
            moment = self._strayed_to(kind, index)
        elif kind == "merchant":
            others = [each for each in self.sub_mchids if each != bought.sub_mchid]
            order = order.but(sub_mchid=others[way % len(others)])
        made = self._own(order, moment, state)
        yield made
        if kind == "duplicate" and way & 1:
            yield made

    def _strayed_to(self, kind: str, index: int) -> int:
        """Return the merchant's time of payment, which is on the other side of midnight."""
        seconds = 1 + index % 60
        return self._facts.midnight + (86_399 + seconds if kind == "late" else -seconds)

    def _strayed(self) -> Iterator[tuple[Order, int]]:
        """Yield the merchant's orders of this day that are in an adjacent day's bill."""
        for day, kind in ((self.before, "late"), (self.after, "early")):
            if day is not None:
                for index, (each, _) in sorted(day._orders.items()):
                    if each == kind:
                        yield day._facts.order(index), day._strayed_to(kind, index)

    def refunds(self) -> Iterator[dict[str, Any]]:
        """Yield the merchant's refunds: `out_refund_no`, `refund` in fen, `out_trade_no`."""
        for number in range(self._facts.refunds):
            refund = self._facts.refund(number)
            kind, way = self._refunds.get(number, ("", 0))
            if kind == "refund_missing_here":
                continue
            changed = kind == "refund_amount" and not way & 1
            yield _own_refund(
                refund._replace(requested=refund.requested + 1) if changed else refund
            )
            if kind == "refund_amount" and way & 1:
                yield _own_refund(self._too_much(refund, number))

    def write(self, folder: str | Path, type: str = "ALL") -> Paths:  # noqa: A002
        """Write all files of the day, and the trade bills of the adjacent days.

        Args:
            folder: the directory; it is created if it does not exist.
            type: the type of the trade bills: `ALL`, `SUCCESS` or `REFUND`.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        neighbours = [self.before or _empty(self, -1), self.after or _empty(self, 1)]
        trades = [
            files.write_text(folder / f"trade_{day.date}_{type}.csv", day.trade(type))
            for day in (self, *neighbours)
        ]
        return Paths(
            trade=trades[0],
            neighbours=(trades[1], trades[2]),
            fund_flow=files.write_text(
                folder / f"fund_flow_{self.date}_BASIC.csv", self.fund_flow()
            ),
            orders=files.write_rows(folder / f"orders_{self.date}", self.orders(), files.ORDERS),
            refunds=files.write_rows(
                folder / f"refunds_{self.date}", self.refunds(), files.REFUNDS
            ),
        )


def _own_refund(refund: Refund) -> dict[str, Any]:
    return {
        "out_refund_no": refund.out_refund_no,
        "refund": refund.requested,
        "out_trade_no": refund.order.out_trade_no,
    }


def _empty(day: Day, days_later: int) -> Day:
    """Return an adjacent day of which only a few orders are generated."""
    facts = day._facts
    date = day.date + days_later * ONE
    return Day(Facts(date, 20, facts.form._replace(refunds=0, reversals=False)), day._shape, {})
