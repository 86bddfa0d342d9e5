"""Reads a bill: its header immediately, its rows on demand, its summary at the end."""

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
"""A bill: its path, a `BillFile`, or a file opened in binary mode."""
FundFlowKind = Literal["fund_flow", "sub_merchant_fund_flow", "ecommerce_fund_flow"]
LAST_TICKED = re.compile(r"\n(?!`)")
"""The end of the last line that begins with a back-quote."""


@showing
class BillReader(Generic[RowT]):
    """The rows of a bill, read on demand.

    Iteration raises BillError as soon as a row is invalid, and at the end if the rows do not match
    the summary line. Do not process rows before the iteration has ended, or call `check` first. A
    path can be iterated repeatedly, an open file once.

    Attributes:
        path: the path of the file; empty for a bill without a file.
        kind: such as `trade`; empty if the header does not determine it.
        form: the known form of the bill, or None.
        columns: the headings as written.
        unknown: the headings of unknown columns, with their texts in `row.extra`.
        row_class: the class of the rows.
        sha1: the SHA-1 of a `BillFile`; otherwise empty.
        summary: the sums of the rows; None before the end is reached.
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
        """WeChat Pay's type: `ALL`, `SUCCESS`, `REFUND`; empty if the header does not tell."""
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
            BillError: a row is invalid, or the rows do not match the summary line.
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
        if ended:  # an incomplete line is not another form
            _warn(header, self.path)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[Iterator[Block], hashlib._Hash | None]]:
        digest = hashlib.sha1(usedforsecurity=False) if self.sha1 else None
        if _is_file(self._source):
            begun, self._begun = self._begun, None
            if begun is None:
                raise ConfigurationError(
                    _("The open file was already read; pass the bill's path to read it again.")
                )
            yield begun, digest
            return
        with Path(self.path).open("rb") as file:
            yield blocks(file, self._place, digest), digest

    def _same_digest(self, digest: hashlib._Hash | None) -> bool:
        """Return whether the file has WeChat Pay's digest; False if there is none.

        Raises:
            BillError: the digest differs.
        """
        if digest is None:
            return False
        found = digest.hexdigest()
        if found != self.sha1.lower():
            raise self._place.error(
                _(
                    "The SHA-1 of the file is {found}, but WeChat Pay announced {sha1}: the file "
                    "was changed; download the bill again.",
                    found=found,
                    sha1=self.sha1,
                )
            )
        return True

    def blocks(self) -> Iterator[tuple[Layout, Values, int]]:
        """Yield the values of several rows at a time by field name, and the number of rows.

        Raises:
            BillError: as in iteration; `summary` is set after the end.
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
            raise self._place.error(
                _("The file was changed after its header was read; read it again."), line=1
            )


def _values(
    layout: Layout, splitter: Splitter, text: str, number: int
) -> Iterator[tuple[Values, int]]:
    """Yield the values of the rows in some lines.

    Lines in WeChat Pay's format are split and read together. If one of them differs, the splitter
    processes them one by one: it finds the correct split, or reports the invalid line.
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
    """Return the values of rows that begin with a back-quote, or None if one is irregular."""
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
    """Return the kind of a bill, and check it against the kind that the caller requires."""
    if not wanted:
        return header.kind
    if header.form is None and wanted in UNDOCUMENTED:
        return wanted
    if header.kind != SAME_FORM.get(wanted, wanted):
        raise place.error(
            _(
                "The header belongs to a {value} bill; expected {wanted}.",
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
                "this version does not support the columns {unknown}: their text is in `extra`",
                unknown=", ".join(header.unknown),
            )
        )
    if header.missing:
        names = ", ".join(column.heading for column in header.missing)
        parts.append(
            _(
                "the columns {names} are missing: their fields are None and are not checked",
                names=names,
            )
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

    The header line determines the kind and the form. The reader accepts UTF-8 and GB18030, a BOM,
    CRLF, GZIP, and files saved by a spreadsheet. A column that this version does not know is kept
    in `row.extra`, and a `BillWarning` names it. Texts stay as written in the bill, in which WeChat
    Pay writes line breaks as a backslash and a letter.

    Every sum in the summary line is verified. Statements have no summary line: a statement
    truncated between two rows is detected only by the digest of a `BillFile`, which is verified if
    present.

    Args:
        source: path, `BillFile`, or a file opened in binary mode.
        kind: the required kind, such as `trade` or `fund_flow`; it also determines the class of the
            rows for type checkers. Empty accepts any kind.

    Raises:
        BillError: the file is not a bill, or is of another kind. Iteration raises it for an invalid
            row and, at the end, if the rows do not match the summary line.

    Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html
    """
    return BillReader(source, kind)


def check(source: Source, *, kind: str = "") -> Summary:
    """Read a bill to its end, and return the sums of its rows.

    Args:
        source: path, `BillFile`, or a file opened in binary mode.
        kind: the required kind; empty accepts any.

    Raises:
        BillError: the file is not a bill, a row is invalid, or the number of rows or a sum does not
            match the summary line.
    """
    return BillReader[Any](source, kind).check()
