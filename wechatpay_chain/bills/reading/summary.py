"""Compares the summary at the end of a bill with the sums of the rows."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from decimal import Context, Decimal, Inexact, localcontext
from itertools import compress
from typing import TYPE_CHECKING, Any

from ...display.showing import showing
from ...utils.translation import _
from ..forms import Form, Total, normal_heading
from .balance import BalanceChain
from .faults import Place, shown
from .header import cells_of
from .layout import Layout, Values
from .values import BadValue, count, value_of

if TYPE_CHECKING:
    from ...display.view import View

__all__ = ["Summary", "Sums", "compare"]

EXACT = Context(prec=60, traps=[Inexact])
Amount = int | Decimal


@showing
@dataclasses.dataclass(frozen=True, slots=True)
class Summary:
    """The sums of a bill's rows, which match its own summary line.

    Attributes:
        kind: the kind of the bill.
        type: `ALL`, `SUCCESS` or `REFUND` of a trade bill; empty for other kinds.
        count: the number of rows.
        totals: the totals of the summary line, by name: `count`, `settlement_total`, `refund`, … In
            fen; `fee` as a `Decimal`.
        unchecked: values of the summary line that this version does not know, by heading.
        opening_balance: the balance of a fund flow bill's account before its first entry, in fen;
            None for other kinds, and if the entries do not belong to a single account.
        closing_balance: the balance after the last entry, or None in the same cases.
    """

    kind: str
    type: str
    count: int
    totals: Mapping[str, Amount] = dataclasses.field(default_factory=dict)
    unchecked: Mapping[str, str] = dataclasses.field(default_factory=dict)
    opening_balance: int | None = None
    closing_balance: int | None = None

    def _view_(self) -> View:
        from ..showing import summary_view

        return summary_view(self)


class Sums:
    """The sums of the rows read so far."""

    def __init__(self, layout: Layout) -> None:
        form = layout.header.form
        self.count = 0
        self.totals: dict[str, Amount] = {}
        self.balances = BalanceChain() if form and form.kind == "fund_flow" else None
        names = {column.name for column in layout.header.columns if column}
        names |= {target for target, _ignored in form.copies} if form else set()
        for total in form.totals if form else ():
            if not total.of or total.of in names:
                self.totals[total.name] = 0
        self._form = form

    def add(self, values: Values, many: int) -> None:
        """Add the values of some rows."""
        self.count += many
        if self._form is None:
            return
        for total in self._form.totals:
            if total.name in self.totals:
                self.totals[total.name] += _sum(total, values, many)
        if self.balances is not None:
            self.balances.add(values["direction"], values["amount"], values["balance"])


def _sum(total: Total, values: Values, many: int) -> Amount:
    found: Iterable[Any] = values[total.of] if total.of else [1] * many
    if total.direction:
        found = compress(found, [each == total.direction for each in values["direction"]])
    with localcontext(EXACT):
        total_sum: Amount = sum(filter(None, found))
    return total_sum


def compare(
    form: Form | None,
    sums: Sums,
    lines: list[tuple[int, str]] | None,
    place: Place,
    *,
    last: int,
    whole: bool,
) -> dict[str, str]:
    """Compare the summary line with the sums; return the values without a sum, by heading.

    Args:
        form: the form of the bill.
        sums: the sums of all its rows.
        lines: the lines of the summary including its heading, with their numbers, or None.
        place: the bill that errors refer to.
        last: the number of the last line.
        whole: whether the file ends like a complete one, which is the only check for a bill without
            a summary.

    Raises:
        BillError: a sum or the number of rows differs, the summary is missing or incomplete, or
            lines follow it.
    """
    if lines is None:
        if whole and sums.count and form is not None and not form.ends_with_summary:
            return {}
        raise place.error(
            _(
                "The bill ends before its summary line: the file is incomplete; download the "
                "bill again."
            ),
            line=last,
        )
    (number, heading_line), *rest = lines
    if not rest:
        raise place.error(
            _("The bill ends before the values of its summary; download the bill again."),
            line=number,
        )
    if len(rest) > 1:
        raise place.error(
            _(
                "There is data after the summary line: another bill follows, or the file was "
                "changed."
            ),
            line=rest[1][0],
        )
    headings, (number, line) = _cells(heading_line, number, place), rest[0]
    values = _cells(line, number, place)
    if len(headings) != len(values):
        raise place.error(
            _(
                "The summary has {count} values but {count_2} headings; download the bill again.",
                count=len(values),
                count_2=len(headings),
            ),
            line=number,
        )
    return dict(_unchecked(form, sums, dict(zip(headings, values, strict=True)), number, place))


def _cells(line: str, number: int, place: Place) -> list[str]:
    try:
        return cells_of(line)
    except csv.Error:
        raise place.error(_("The line is not a summary line."), line=number) from None


def _unchecked(
    form: Form | None, sums: Sums, said: Mapping[str, str], number: int, place: Place
) -> Iterator[tuple[str, str]]:
    known = {
        normal_heading(name): total
        for total in (form.totals if form else ())
        for name in (total.heading, *total.aliases)
    }
    seen: set[str] = set()
    for heading, text in said.items():
        total = known.get(normal_heading(heading))
        if total is None or total.name not in sums.totals:
            yield heading, text
            continue
        seen.add(total.name)
        value = _value(form, total, text, heading, number, place)
        if value != sums.totals[total.name]:
            what = "rows" if not total.of else "fen"
            raise place.error(
                _(
                    "The summary says {text}, but the rows add up to {totals} {what}: rows are "
                    "missing or were changed; download the bill again.",
                    text=shown(text),
                    totals=sums.totals[total.name],
                    what=what,
                ),
                line=number,
                column=heading,
            )
    if form is not None and form.ends_with_summary and form.totals and "count" not in seen:
        raise place.error(_("The summary does not contain the number of rows."), line=number)


def _value(
    form: Form | None, total: Total, text: str, heading: str, number: int, place: Place
) -> Amount:
    columns = {column.name: column for column in form.columns} if form else {}
    if not total.of:
        found = count(text)
        if found is not None:
            return found
        raise place.error(
            _("The value is {text}; expected a number of rows.", text=shown(text)),
            line=number,
            column=heading,
        )
    column = dataclasses.replace(columns[total.of], signed=True, required=True)
    try:
        value: Amount = value_of(column)(text)
    except BadValue as bad:
        raise place.error(_("The value {bad}.", bad=bad), line=number, column=heading) from None
    return value
