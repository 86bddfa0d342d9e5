"""Generates one day with known differences, or several consecutive days."""

from __future__ import annotations

import datetime
import itertools
from decimal import Decimal
from typing import TypedDict, Unpack, get_args

from ...utils.translation import _
from .day import Day, Shape
from .differences import Differences, wanted
from .facts import Facts, Form

__all__ = ["Options", "days", "generate"]

ONE = datetime.timedelta(days=1)
APPID = "wx8888888888888888"
MCHID = "1900000109"
SUB_MCHIDS = tuple(str(1900006000 + 7 * number) for number in range(12))


class Options(TypedDict, total=False):
    """Options of generated days.

    Attributes:
        refunds: refunds per order, at most 0.5; 0.05 by default.
        seed: the random seed, 1 by default; the same seed gives the same days.
        form: `direct` merchant, `partner` (a service provider with sub-merchants), `short` (the
            older form with other headings and without the last three columns) or `v2` (byte order
            mark, CRLF).
        rate: the agreed fee, by default `0.0060`.
        coupons: whether some orders are paid with coupons, by default True.
        currencies: the currencies, most frequent first.
        mchid: the merchant ID.
        appid: its appid.
        sub_mchids: a partner's sub-merchants, at least two.
    """

    refunds: float
    seed: int
    form: Shape
    rate: Decimal | str
    coupons: bool
    currencies: tuple[str, ...]
    mchid: str
    appid: str
    sub_mchids: tuple[str, ...]


def generate(
    date: datetime.date | str = "2026-11-25",
    orders: int = 1000,
    *,
    differences: Differences = None,
    **options: Unpack[Options],
) -> Day:
    """Generate one day; by default of a direct merchant, in CNY.

    Args:
        date: the date.
        orders: the number of paid orders.
        differences: a number for each class, `every` for two of each, or None. `other_day` is split
            between this day's bill and those of the adjacent days.
        options: see `Options`.

    Raises:
        ValueError: an argument is invalid, or there are too few orders for the differences.
    """
    shape = options.get("form", "direct")
    form = _form(shape, options)
    _assert_count("orders", orders)
    counts = wanted(differences, partner=shape == "partner")
    strayed, of_day = counts.pop("other_day", 0), _date(date)
    theirs = _sides(strayed // 2)
    day = Day(Facts(of_day, orders, form), shape, counts | _sides((strayed + 1) // 2))
    alone = form._replace(refunds=0, reversals=False)
    many = 20 + 2 * strayed
    day.before = Day(Facts(of_day - ONE, many, alone), shape, {"late": theirs["late"]})
    day.after = Day(Facts(of_day + ONE, many, alone), shape, {"early": theirs["early"]})
    return day


def days(
    count: int = 200,
    first: datetime.date | str = "2026-01-01",
    orders: int = 1000,
    *,
    differences: Differences = "every",
    **options: Unpack[Options],
) -> list[Day]:
    """Generate consecutive days; by default of a partner, in several currencies.

    Args:
        count: the number of days.
        first: the first date.
        orders: the number of paid orders on each day.
        differences: as in `generate`, for each day. `other_day` is the number of payments in a
            day's bill that the merchant records on another day; those in the bills of the adjacent
            days are expected as well.
        options: see `Options`.

    Raises:
        ValueError: an argument is invalid, or there are too few orders for the differences.
    """
    shape = options.get("form", "partner")
    form = _form(shape, {"currencies": ("CNY", "USD", "HKD"), **options})
    _assert_count("orders", orders)
    _assert_count("count", count)
    counts = wanted(differences, partner=shape == "partner")
    counts |= _sides(counts.pop("other_day", 0))
    start = _date(first)
    made = [Day(Facts(start + index * ONE, orders, form), shape, counts) for index in range(count)]
    for before, after in itertools.pairwise(made):
        before.after, after.before = after, before
    return made


def _form(shape: Shape, options: Options) -> Form:
    if unknown := options.keys() - Options.__annotations__.keys():
        known = ", ".join(Options.__annotations__)
        raise ValueError(
            _(
                "{unknown} is not an option; the options are {known}",
                unknown=sorted(unknown)[0],
                known=known,
            )
        )
    if shape not in get_args(Shape):
        raise ValueError(
            _(
                "form: {shape!r} is not one of {get_args}",
                shape=shape,
                get_args=", ".join(get_args(Shape)),
            )
        )
    refunds, sub_mchids = options.get("refunds", 0.05), options.get("sub_mchids", SUB_MCHIDS)
    if not isinstance(refunds, int | float) or not 0 <= refunds <= 0.5:
        raise ValueError(
            _("refunds: {refunds!r} must be between 0 and 0.5 per order", refunds=refunds)
        )
    if shape == "partner" and len(set(sub_mchids)) < 2:
        raise ValueError(_("sub_mchids: a partner needs at least two"))
    currencies = tuple(options.get("currencies", ("CNY",)))
    if not currencies:
        raise ValueError(_("currencies: expected at least one"))
    return Form(
        seed=options.get("seed", 1),
        mchid=options.get("mchid", MCHID),
        appid=options.get("appid", APPID),
        sub_mchids=tuple(sub_mchids) if shape == "partner" else (),
        rate=_ten_thousandths(options.get("rate", "0.0060")),
        refunds=refunds,
        coupons=options.get("coupons", True),
        discounts=shape != "short",  # the short form has no column for the discount
        currencies=currencies,
    )


def _ten_thousandths(rate: Decimal | str) -> int:
    try:
        made = Decimal(str(rate)).scaleb(4)
        valid = 0 <= made <= 10_000 and made == int(made)
    except ArithmeticError:  # not a number, or NaN
        valid = False
    if not valid:
        raise ValueError(
            _("rate: {rate!r} must be a fraction with at most four decimals", rate=rate)
        )
    return int(made)


def _sides(strayed: int) -> dict[str, int]:
    return {"late": strayed - strayed // 2, "early": strayed // 2}


def _assert_count(name: str, number: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError(_("{name}: {number!r} is not a number above 0", name=name, number=number))


def _date(given: datetime.date | str) -> datetime.date:
    return datetime.date.fromisoformat(given) if isinstance(given, str) else given
