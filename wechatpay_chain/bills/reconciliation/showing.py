"""Displays a reconciliation in notebooks, terminals and rich; amounts are in yuan."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from ...display.layout import Column, Facts, Heading, Span, Table, text
from ...display.view import Part, View
from ...utils.display import printable
from ...utils.translation import N_, _
from ..report.amounts import yuan
from ..report.cells import shown
from ..report.words import CLASSES

__all__ = ["balance_view", "reconciliation_view"]

DIFFERENCES = 20
"""Maximum number of displayed differences."""
COLUMNS = ("kind", "out_trade_no", "out_refund_no", "field", "here", "there", "amount", "line")
NUMBERS = ("amount", "line")
BALANCES = {
    "opening": N_("opening"),
    "income": N_("income"),
    "expenditure": N_("expenditure"),
    "closing": N_("closing"),
}
SUMS = {
    "paid": N_("paid"),
    "refunded": N_("refunded"),
    "revoked": N_("revoked"),
    "fee": N_("fee"),
}
LONGEST = 200
"""Maximum characters of a value."""


class Explained(Protocol):
    """The displayed part of a `Balance`."""

    @property
    def ok(self) -> bool: ...
    @property
    def missing(self) -> int: ...
    @property
    def lines(self) -> Sequence[Any]: ...
    @property
    def unexplained(self) -> Sequence[Any]: ...


class Found(Protocol):
    """The displayed part of a `Reconciliation`."""

    counts: Mapping[str, int]
    days: tuple[datetime.date, ...]
    mchids: tuple[str, ...]
    here: Any
    there: Any

    @property
    def balance(self) -> Explained | None: ...
    def each(self) -> Iterator[Any]: ...


def balance_view(balance: Explained) -> View:
    """Return the view of a balance: whether the bills agree, and the movements of money."""
    facts = [
        (_(label), text(yuan(getattr(balance, name)), "number")) for name, label in BALANCES.items()
    ]
    if balance.missing:
        facts.append((_("missing"), text(yuan(balance.missing), "warning")))
    columns = (
        *(Column("business_name"), Column("business_type")),
        *(Column("count", "number"), Column("amount", "number")),
    )
    lines = (
        (
            *(text(_shortened(line.business_name)), text(_shortened(line.business_type))),
            *(text(f"{line.count:,}"), text(yuan(line.amount))),
        )
        for line in balance.lines
    )
    parts: list[Part] = [Facts(tuple(facts)), Table(columns, tuple(lines))]
    if balance.unexplained:
        parts += _unexplained(balance)
    badge = Span(_("explained"), "good") if balance.ok else Span(_("NOT EXPLAINED"), "bad")
    return View(text(_("Fund flow"), "heading"), (badge,), tuple(parts))


def _unexplained(balance: Explained) -> Iterator[Part]:
    columns = (Column("business_id"), Column("expected", "number"), Column("moved", "number"))
    rows = (
        (text(_shortened(each.business_id)), text(yuan(each.expected)), text(yuan(each.moved)))
        for each in balance.unexplained[:DIFFERENCES]
    )
    yield Table(columns, tuple(rows))
    more = len(balance.unexplained) - DIFFERENCES
    if more > 0:
        yield Heading(text(_("… and {more:,} more", more=more), "aside"))


def reconciliation_view(result: Found) -> View:
    """Return the view of a reconciliation: the counts, the sums, and the first differences."""
    days = _(" to ").join(str(day) for day in dict.fromkeys((*result.days[:1], *result.days[-1:])))
    many = sum(count for kind, count in result.counts.items() if kind != "matched")
    if many:
        told = _("1 difference") if many == 1 else _("{count:,} differences", count=many)
        badges = [Span(told, "bad")]
    else:
        badges = [Span(_("everything agrees"), "good")]
    if result.balance is not None:
        explained = result.balance.ok
        words = _("fund flow explained") if explained else _("fund flow NOT EXPLAINED")
        badges.append(Span(words, "good" if explained else "bad"))
    facts = Facts(((_("merchant IDs"), text(_shortened(", ".join(result.mchids)))),))
    parts: list[Part] = [facts, _totals(result), _classes(result)]
    if many:
        parts += _differences(result, many)
    return View(
        (Span(_("Reconciliation") + "  ", "heading"), Span(days)), tuple(badges), tuple(parts)
    )


def _totals(result: Found) -> Table:
    columns = (
        *(Column(_("yuan")), Column(_("here"), "number")),
        Column(_("on the bill"), "number"),
    )
    rows = (
        (
            text(_(label), "name"),
            text(yuan(getattr(result.here, name))),
            text(yuan(getattr(result.there, name))),
        )
        for name, label in SUMS.items()
    )
    return Table(columns, tuple(rows))


def _classes(result: Found) -> Table:
    columns = (Column(_("class")), Column(_("count"), "number"), Column(_("description")))
    rows = (
        (
            text(kind, "name"),
            text(f"{count:,}"),
            text(f"{CLASSES[kind].name.en}  {CLASSES[kind].name.zh}", "aside"),
        )
        for kind, count in result.counts.items()
        if count or kind == "matched"
    )
    return Table(columns, tuple(rows))


def _differences(result: Found, many: int) -> Iterator[Part]:
    columns = tuple(Column(name, "number" if name in NUMBERS else "text") for name in COLUMNS)
    records = (
        {name: getattr(each, name) for name in COLUMNS}
        for each in itertools.islice(result.each(), DIFFERENCES)
    )
    rows = (tuple(text(_shortened(shown(each, name))) for name in COLUMNS) for each in records)
    yield Table(columns, tuple(rows))
    more = many - DIFFERENCES
    if more > 0:
        yield Heading(
            text(
                _(
                    "… and {more:,} more: result.each() returns all, result.to_html(…) writes a "
                    "report",
                    more=more,
                ),
                "aside",
            )
        )


def _shortened(value: object) -> str:
    return printable(value, LONGEST)
