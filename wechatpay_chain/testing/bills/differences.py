"""The classes of differences, and which orders of a day get one.

Every order and every refund gets at most one difference, so that each is counted once.

- `missing_here`: a payment in the bill; the merchant has no order.
- `missing_there`: the merchant's order is `SUCCESS` and was paid on the day; it is in no bill.
- `amount`: the merchant's order has a `total` that is one fen more or less.
- `currency`: the merchant's order is in another currency, with the same `total`.
- `state`: the merchant's order is `NOTPAY` or `CLOSED`, without `paid_at`.
- `fee`: in the bill, the fee is not the one that its rate gives (two fen and more), or the rate is
  not the agreed one (a tenth of a percent more).
- `duplicate`: the bill has two payments, with two `transaction_id`, of one order; or the merchant
  has the order twice.
- `other_day`: the payment is in the bill of the one day, the merchant's `paid_at` is on the other
  side of midnight. It is found on both days: where the payment is in the bill, and where the order
  is looked for in the neighbours' bills.
- `merchant`: the merchant's order is another sub-merchant's.
- `refund_missing_here`: a refund in the bill; the merchant has its order alone.
- `refund_missing_there`: the merchant's refund of a paid order is in no bill.
- `refund_amount`: the merchant's refund is one fen more; or refunds are the same on both sides, and
  in sum more than their order's `total`.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from typing import Literal

from ...utils.translation import _

__all__ = ["AROUND_MIDNIGHT", "CLASSES", "Difference", "Differences", "choose", "wanted"]

ON_REFUNDS = ("refund_missing_here", "refund_missing_there", "refund_amount")
CLASSES = (
    "missing_here",
    "missing_there",
    "amount",
    "currency",
    "state",
    "fee",
    *ON_REFUNDS,
    "duplicate",
    "other_day",
    "merchant",
)
"""The classes of differences, without `matched`."""
AROUND_MIDNIGHT = ("late", "early")
"""How `other_day` comes about: before midnight in the bill and after it here, or the other way."""
EVERY = 2
"""Differences of each class in `every`: most classes have two ways to come about."""

Differences = Mapping[str, int] | Literal["every"] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """One difference that is in a day's files.

    Attributes:
        kind: one of `CLASSES`.
        out_trade_no: of the order.
        out_refund_no: of the refund; empty where the difference is the order's.
    """

    kind: str
    out_trade_no: str
    out_refund_no: str = ""


def wanted(differences: Differences, *, partner: bool) -> dict[str, int]:
    """How many differences of each class there are to be.

    Args:
        differences: a number for each class, or `every`.
        partner: whether orders have sub-merchants; without, `every` leaves `merchant` out.

    Raises:
        ValueError: a class that does not exist or not in this form, or a negative number.
    """
    if differences == "every":
        return {kind: EVERY for kind in CLASSES if partner or kind != "merchant"}
    if not isinstance(differences, Mapping | None):
        raise ValueError(
            _(
                "differences: {differences!r} is neither 'every' nor a mapping",
                differences=differences,
            )
        )
    counts = dict(differences or {})
    if unknown := counts.keys() - set(CLASSES):
        raise ValueError(
            _(
                "differences: {unknown} are not among {classes}",
                unknown=sorted(unknown),
                classes=", ".join(CLASSES),
            )
        )
    for kind, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(
                _(
                    "differences: {count!r} of {kind} is not a number, 0 or more",
                    count=count,
                    kind=kind,
                )
            )
    if counts.get("merchant") and not partner:
        raise ValueError(_("differences: merchant needs form='partner', which has sub-merchants"))
    return counts


def choose(
    counts: Mapping[str, int],
    seed: str,
    orders: tuple[int, Callable[[int], bool]],
    refunds: tuple[int, Callable[[int], bool]],
) -> tuple[dict[int, tuple[str, int]], dict[int, tuple[str, int]]]:
    """Which orders and which refunds get a difference.

    Args:
        counts: of each class.
        seed: of the choice.
        orders: how many there are, and whether one may get a difference.
        refunds: likewise.

    Returns:
        For orders and for refunds: by index, the class and a running number within the class,
        by which its ways alternate.

    Raises:
        ValueError: there are too few for so many differences.
    """
    chooser = random.Random(seed)  # noqa: S311 - repeatable
    chosen = []
    for name, (available, allowed) in (("orders", orders), ("refunds", refunds)):
        kinds = [
            (kind, number)
            for kind in (*CLASSES, *AROUND_MIDNIGHT)
            if (kind in ON_REFUNDS) == (name == "refunds")
            for number in range(counts.get(kind, 0))
        ]
        indices: dict[int, tuple[str, int]] = {}
        tries = 0
        while len(indices) < len(kinds):
            index = chooser.randrange(available) if available else 0
            tries += 1
            if tries > 50 * len(kinds) + 1000 or not available:
                raise ValueError(
                    _(
                        "{available} {name} are too few for {count} differences: give more "
                        "{name}, or fewer differences",
                        available=available,
                        name=name,
                        count=len(kinds),
                    )
                )
            if index not in indices and allowed(index):
                indices[index] = kinds[len(indices)]
        chosen.append(indices)
    return chosen[0], chosen[1]
