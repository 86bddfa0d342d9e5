"""Reading a bill: its header at once, its rows as they are asked for, its summary at the end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, Literal, TypeVar, cast, overload

from ...display.showing import showing
from ...utils.exceptions import ConfigurationError
from ...utils.files import assert_path
from ...utils.translation import _
from ..file import BillFile
from ..forms import Form
from ..rows import ROWS, FundFlowRow, ProfitSharingRow, Row, StatementRow, TradeRow, UnknownRow
from .faults import BillWarning, Place
from .header import KINDS, SAME_FORM, UNDOCUMENTED, Header, parse
from .layout import Layout, Values
from .source import Block, blocks
from .splitting import TICK, Splitter
from .summary import Summary, Sums, compare

if TYPE_CHECKING:
    from ...display.view import View

__all__ = ["BillReader", "Source", "check", "read"]

RowT = TypeVar("RowT", bound=Row)
Source = str | os.PathLike[str] | BinaryIO
"""A bill: its path, a `BillFile`, or a file that is open in binary mode."""
FundFlowKind = Literal["fund_flow", "sub_merchant_fund_flow", "ecommerce_fund_flow"]
LAST_TICKED = re.compile(r"\n(?!`)")
"""The end of the last of the lines that begin with a back-quote."""


@showing
class BillReader(Generic[RowT]):
    """The rows of a bill, each of which is read when it is asked for.

    Iterating raises BillError as soon as a row is wrong, and at the end where the rows are not
    what the summary line says: do not act on rows before the iteration is over, or call `check`
    first. A path can be iterated again and again, an open file once.

    Attributes:
        path: of the file; empty for one that has none.
        kind: such as `trade`; empty where the header does not tell.
        form: the known form that the bill has; None where it has none.
        columns: the headings, as they are written.
        unknown: those of columns that this version does not know, whose texts are in `row.extra`.
        row_class: of the rows.
        sha1: that a `BillFile` says the file has; else empty.
        summary: what the rows add up to; None before the end is reached.
    """

    def __init__(self, source: Source, kind: str = "") -> None:
        if kind and kind not in KINDS:
            raise ConfigurationError(
                _(
                    "Unknown kind of bill {kind!r}; expected one of {kinds}.",
                    kind=kind,
                    kinds=", ".join(KINDS),
                )
            )
        self.path = "" if _is_file(source) else os.fspath(cast("os.PathLike[str]", source))
        assert_path(self.path)
        self.summary: Summary | None = None
        self.form: Form | None = None
        self.columns: tuple[str, ...] = ()
        self.unknown: tuple[str, ...] = ()
        self.sha1 = source.sha1 if isinstance(source, BillFile) else ""
        self._source = source
        self._place = Place(self.path)
        self._header_line = ""
        self._layout: Layout | None = None
        self._begun: Iterator[Block] | None = None
        self.kind = kind or (source.kind if isinstance(source, BillFile) else "")
        self.row_class: type[Row] = ROWS.get(SAME_FORM.get(self.kind, self.kind), UnknownRow)
        if not (isinstance(source, BillFile) and source.empty):
            self._read_header()

    @property
    def type(self) -> str:
        """Which of its kind: `ALL`, `SUCCESS`, `REFUND`; empty where the header does not tell."""
        return self.form.type if self.form else ""

    def __iter__(self) -> Iterator[RowT]:
        row_class = self.row_class
        for layout, values, many in self.blocks():
            for row in layout.drafts(values, many):
                row.__class__ = row_class
                yield row

    def check(self) -> Summary:
        """Read to the end, and compare the rows with the summary line.

        Raises:
            BillError: a row is wrong, or the rows are not what the summary line says.
        """
        for _ignored in self.blocks():
            pass
        return cast("Summary", self.summary)

    def _view_(self) -> View:
        from ..showing import reader_view

        return reader_view(self)

    def __repr__(self) -> str:
        return f"<BillReader {self.kind or 'unknown'} {self.type} {self.path}>".replace("  ", " ")

    def _read_header(self) -> None:
        if _is_file(self._source):
            stream = blocks(cast("BinaryIO", self._source), self._place)
            first = next(stream, (1, ""))
            self._begun = chain([first], stream)
        else:
            with self._opened() as (stream, _digest):
                first = next(stream, (1, ""))
        self._header_line, ended, _rest = first[1].partition("\n")
        header = parse(self._header_line, self._place)
        self.kind = _kind(header, self.kind, self._place)
        self._layout = Layout(header)
        self.row_class = self._layout.row_class
        self.form, self.columns, self.unknown = header.form, header.headings, header.unknown
        if ended:  # what a cut line lacks is no other form
            _warn(header, self.path)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[Iterator[Block], hashlib._Hash | None]]:
        digest = hashlib.sha1(usedforsecurity=False) if self.sha1 else None
        if _is_file(self._source):
            begun, self._begun = self._begun, None
            if begun is None:
                raise ConfigurationError(
                    _("The open file was read already; give the bill's path to read it again.")
                )
            yield begun, digest
            return
        with Path(self.path).open("rb") as file:
            yield blocks(file, self._place, digest), digest

    def _same_digest(self, digest: hashlib._Hash | None) -> bool:
        """Whether the file has the digest that WeChat Pay gave; False where it gave none.

        Raises:
            BillError: it has another one.
        """
        if digest is None:
            return False
        found = digest.hexdigest()
        if found != self.sha1.lower():
            raise self._place.error(
                _(
                    "The SHA-1 of the file is {found}, and WeChat Pay gave {sha1}: the file was "
                    "changed; download the bill again.",
                    found=found,
                    sha1=self.sha1,
                )
            )
        return True

    def blocks(self) -> Iterator[tuple[Layout, Values, int]]:
        """The values of some rows at a time, by the names of their fields, and how many they are.

        Raises:
            BillError: as iterating does; at the end, after which `summary` is there.
        """
        layout = self._layout
        if layout is None:
            self.summary = Summary(self.kind, "", 0)
            return
        sums, splitter, last, ended = Sums(layout), Splitter(layout, self._place), 1, True
        with self._opened() as (stream, digest):
            for number, text in stream:
                if number == 1:
                    header, _ignored, text = text.partition("\n")
                    self._assert_same(header)
                    number = 2
                for values, many in _values(layout, splitter, text, number):
                    sums.add(values, many)
                    yield layout, values, many
                last, ended = number + text.rstrip("\n").count("\n"), text.endswith("\n")
        splitter.end()
        whole = self._same_digest(digest) or ended
        lines = splitter.summary
        unchecked = compare(self.form, sums, lines, self._place, last=last, whole=whole)
        opening, closing = sums.balances.ends() if sums.balances else (None, None)
        self.summary = Summary(
            self.kind, self.type, sums.count, sums.totals, unchecked, opening, closing
        )

    def _assert_same(self, header_line: str) -> None:
        if header_line != self._header_line:
            raise self._place.error(_("The file was changed since its header was read."), line=1)


def _values(
    layout: Layout, splitter: Splitter, text: str, number: int
) -> Iterator[tuple[Values, int]]:
    """The values of the rows in some lines.

    Lines as WeChat Pay writes them are split and read together. Where one of them is not, the
    splitter takes them one by one: it finds the right split, or says which line is wrong.
    """
    if splitter.at_row and text.startswith("`"):
        end = LAST_TICKED.search(text)
        rows = text[: end.start() if end else None].split("\n")
        values = _together(layout, rows)
        if values is not None:
            yield values, len(rows)
            text = text[end.end() :] if end else ""
            number += len(rows)
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    parts = list(splitter.feed(lines, number))
    if parts:
        yield layout.values(list(zip(*parts, strict=True))), len(parts)


def _together(layout: Layout, rows: list[str]) -> Values | None:
    """The values of rows that begin with a back-quote; None where one of them is not regular."""
    if layout.header.padded:
        rows = [row.rstrip(",") for row in rows]
    try:
        columns = list(zip(*(row.split(TICK) for row in rows), strict=True))
        columns[0] = tuple(text[1:] for text in columns[0])
        return layout.values(columns) if len(columns) == layout.width else None
    except ValueError:
        return None


def _is_file(source: Source) -> bool:
    return hasattr(source, "read")


def _kind(header: Header, wanted: str, place: Place) -> str:
    """The kind of a bill whose header was found, and that another kind is expected of."""
    if not wanted:
        return header.kind
    if header.form is None and wanted in UNDOCUMENTED:
        return wanted
    if header.kind != SAME_FORM.get(wanted, wanted):
        raise place.error(
            _(
                "The header is that of a {value} bill; expected {wanted}.",
                value=header.kind or "unknown",
                wanted=wanted,
            ),
            line=1,
        )
    return wanted


def _warn(header: Header, path: str) -> None:
    parts = []
    if header.unknown:
        parts.append(
            _(
                "this version does not know the columns {unknown}: their texts are in `extra`",
                unknown=", ".join(header.unknown),
            )
        )
    if header.missing:
        names = ", ".join(column.heading for column in header.missing)
        parts.append(
            _("the columns {names} are missing: their fields are None, and unchecked", names=names)
        )
    if parts:
        place = f"{path}: " if path else ""
        warnings.warn(f"{place}{'; '.join(parts)}.", BillWarning, stacklevel=5)


@overload
def read(source: Source, *, kind: Literal["trade"]) -> BillReader[TradeRow]: ...
@overload
def read(source: Source, *, kind: FundFlowKind) -> BillReader[FundFlowRow]: ...
@overload
def read(
    source: Source, *, kind: Literal["statement"]
) -> BillReader[StatementRow | UnknownRow]: ...
@overload
def read(
    source: Source, *, kind: Literal["profit_sharing"]
) -> BillReader[ProfitSharingRow | UnknownRow]: ...
@overload
def read(source: Source, *, kind: str = "") -> BillReader[Any]: ...


def read(source: Source, *, kind: str = "") -> BillReader[Any]:
    """Read a bill as typed rows, one by one, in constant memory.

        for row in bills.read("bills/2026-11-25.csv", kind="trade"):
            row.out_trade_no, row.total  # fen

    The kind and the form are found by the header line; UTF-8 and GB18030, with or without BOM,
    CRLF, GZIP, and files that a spreadsheet has saved are read. A column that this version does
    not know is kept in `row.extra`, and a `BillWarning` names it. Texts are as they stand in the
    bill, in which WeChat Pay writes line breaks as a backslash and a letter.

    Every sum is compared that the summary line has. Statements have none: that one was cut off
    between two rows is noticed only by the digest of a `BillFile`, which is compared where it has
    one.

    Args:
        source: path, `BillFile`, or a file that is open in binary mode.
        kind: that the bill must be of, such as `trade` or `fund_flow`; it also tells type checkers
            the class of the rows. Empty takes any.

    Raises:
        BillError: the file is no bill, or one of another kind. Iterating raises it where a row is
            wrong and, at the end, where the rows are not what the summary line says.

    Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html
    """
    return BillReader(source, kind)


def check(source: Source, *, kind: str = "") -> Summary:
    """Read a bill to its end, and return what its rows add up to.

    Args:
        source: path, `BillFile`, or a file that is open in binary mode.
        kind: that the bill must be of; empty takes any.

    Raises:
        BillError: the file is no bill, a row is wrong, or the rows are not what the summary line
            says, in number or in any sum.
    """
    return BillReader[Any](source, kind).check()
