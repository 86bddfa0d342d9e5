"""The classes of differences, and their distribution over the orders of a day.

Every order and every refund has at most one difference, so that each is counted once.

- `missing_here`: the bill contains a payment; the merchant has no order.
- `missing_there`: the merchant's order is `SUCCESS` and was paid on the day; it is in no bill.
- `amount`: the merchant's order has a `total` that is one fen more or less.
- `currency`: the merchant's order has another currency and the same `total`.
- `state`: the merchant's order is `NOTPAY` or `CLOSED`, without `paid_at`.
- `fee`: the fee in the bill does not match its rate (by two fen or more), or the rate differs from
  the agreed one (by a tenth of a percent or more).
- `duplicate`: the bill has two payments of one order, with two `transaction_id`; or the merchant
  has the order twice.
- `other_day`: the payment is in the bill of one day, and the merchant's `paid_at` is on the other
  side of midnight. It is found on both days: where the bill contains the payment, and where the
  order is searched for in the bills of the adjacent days.
- `merchant`: the merchant's order belongs to another sub-merchant.
- `refund_missing_here`: the bill contains a refund; the merchant has only its order.
- `refund_missing_there`: the merchant's refund of a paid order is in no bill.
- `refund_amount`: the merchant's refund is one fen more; or refunds are equal on both sides, and
  their sum exceeds the order's `total`.
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
"""The two forms of `other_day`: before midnight in the bill and after it here, or the reverse."""
EVERY = 2
"""Differences of each class in `every`: most classes have two forms."""

Differences = Mapping[str, int] | Literal["every"] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """One difference in a day's files.

    Attributes:
        kind: one of `CLASSES`.
        out_trade_no: the order number.
        out_refund_no: the refund number; empty if the difference concerns the order.
    """

    kind: str
    out_trade_no: str
    out_refund_no: str = ""


def wanted(differences: Differences, *, partner: bool) -> dict[str, int]:
    """Return the number of differences of each class.

    Args:
        differences: a number for each class, or `every`.
        partner: whether orders have sub-merchants; if not, `every` omits `merchant`.

    Raises:
        ValueError: a class does not exist, or not in this form, or a number is negative.
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
                "differences: {unknown} are not in {classes}",
                unknown=sorted(unknown),
                classes=", ".join(CLASSES),
            )
        )
    for kind, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ValueError(
                _(
                    "differences: {count!r} of {kind} must be a number of 0 or more",
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
    """Select the orders and refunds that get a difference.

    Args:
        counts: the number of differences of each class.
        seed: the random seed.
        orders: the number of orders, and a function that tells whether an order is suitable.
        refunds: the same for refunds.

    Returns:
        For orders and for refunds: by index, the class and a running number within the class, which
        alternates between its forms.

    Raises:
        ValueError: there are too few orders or refunds for the differences.
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
                        "{available} {name} are not enough for {count} differences: use more "
                        "{name} or fewer differences",
                        available=available,
                        name=name,
                        count=len(kinds),
                    )
                )
            if index not in indices and allowed(index):
                indices[index] = kinds[len(indices)]
        chosen.append(indices)
    return chosen[0], chosen[1]
