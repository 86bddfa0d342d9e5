"""The header line, which determines the kind of the bill and its columns."""

from __future__ import annotations

import csv
import dataclasses

from ...utils.translation import N_, _
from ..forms import FORMS, Column, Form, normal_heading
from .faults import Place

__all__ = ["KINDS", "SAME_FORM", "UNDOCUMENTED", "Header", "cells_of", "parse"]

MOST_COLUMNS = 200
SAME_FORM = {"sub_merchant_fund_flow": "fund_flow", "ecommerce_fund_flow": "fund_flow"}
"""Kinds with the form of another one."""
UNDOCUMENTED = (*SAME_FORM, "profit_sharing", "statement")
"""Kinds that may have undocumented forms."""
KINDS = ("trade", "fund_flow", *UNDOCUMENTED)
UNKNOWN_KINDS = {"分账": "profit_sharing"}
"""Words that determine the kind of a bill with an unknown form."""
NO_HEADER = N_(
    "The file does not begin with the header line of a bill, such as 交易时间,公众账号ID,…; use "
    "the file that was downloaded."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Header:
    """The content of the header line.

    Attributes:
        form: the closest known form, or None.
        kind: the kind of the bill; empty if the header does not determine it.
        headings: the headings as written, without back-quotes.
        columns: the known columns; None for an unknown one.
        padded: whether a spreadsheet has appended empty columns.
        missing: columns of the form that the bill lacks.
    """

    form: Form | None
    kind: str
    headings: tuple[str, ...]
    columns: tuple[Column | None, ...]
    padded: bool
    missing: tuple[Column, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The headings of unknown columns."""
        pairs = zip(self.headings, self.columns, strict=True)
        return tuple(heading for heading, column in pairs if column is None)


def cells_of(line: str) -> list[str]:
    """Return the cells of a heading line or a summary line, without back-quotes and padding."""
    cells = next(csv.reader([line]), []) if '"' in line else line.split(",")
    while cells and not cells[-1].strip():
        cells.pop()
    return [cell.strip().removeprefix("`") for cell in cells]


def parse(line: str, place: Place) -> Header:
    """Find the form that matches a header line best.

    Raises:
        BillError: it is not the header of a bill, two columns are equal, or a required column is
            missing.
    """
    try:
        headings = cells_of(line)
    except csv.Error:
        headings = []
    if len(headings) < 2 or len(headings) > MOST_COLUMNS or not all(headings):
        raise place.error(_(NO_HEADER), line=1)
    padded = line.rstrip().endswith(",")
    form, columns = _closest([normal_heading(heading) for heading in headings])
    if form is None:
        if line.lstrip()[:1] in ("`", "{", "<") or len(set(headings)) < len(headings):
            raise place.error(_(NO_HEADER), line=1)
        kind = next((kind for word, kind in UNKNOWN_KINDS.items() if word in line), "")
        return Header(None, kind, tuple(headings), (None,) * len(headings), padded, ())
    names = [
        column.name if column else heading
        for heading, column in zip(headings, columns, strict=True)
    ]
    _reject_repeated(names, place)
    copied = {target for target, source in form.copies if source in names}
    missing = tuple(column for column in form.columns if column.name not in names)
    for column in missing:
        if column.required and column.name not in copied:
            raise place.error(
                _(
                    "Every bill of this kind has the column, but the header does not; use the "
                    "file that was downloaded."
                ),
                line=1,
                column=column.heading,
            )
    return Header(form, form.kind, tuple(headings), tuple(columns), padded, missing)


def _closest(headings: list[str]) -> tuple[Form | None, list[Column | None]]:
    """Return the form with the most columns in the header, and the fewest missing."""
    best, most = None, 0
    for form, known in BY_HEADING:
        found = [known[heading] for heading in headings if heading in known]
        exact = sum(normal_heading(column.heading) in headings for column in found)
        score = 3 * len(found) + exact - 2 * (len(form.columns) - len(found))
        if len(found) * 2 > len(form.columns) and score > most:
            best, most = form, score
    if best is None:
        return None, []
    columns: dict[str, Column] = {}
    for form, known in BY_HEADING:  # a column of another type of the same kind is also known
        if form.kind == best.kind:
            columns |= known
    columns |= _by_heading(best)
    return best, [columns.get(heading) for heading in headings]


def _by_heading(form: Form) -> dict[str, Column]:
    return {
        normal_heading(name): column
        for column in form.columns
        for name in (column.heading, *column.aliases)
    }


BY_HEADING = [(form, _by_heading(form)) for form in FORMS]


def _reject_repeated(names: list[str], place: Place) -> None:
    for name in names:
        if names.count(name) > 1:
            raise place.error(_("The header has the column more than once."), line=1, column=name)
