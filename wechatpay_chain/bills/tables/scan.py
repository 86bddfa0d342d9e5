"""A bill as one DuckDB statement: its typed rows, with every byte of the file accounted for.

DuckDB either splits the lines and converts the values like the Python parser, or raises an error
for an uncertain row. Anything that it might skip silently, such as a blank line, is detected by a
sum: the lengths of all texts and separators must equal the length of the file between its header
and its summary. The number of rows and the sums must also match the summary line. If one of these
checks fails, `reading` reads the bill instead, or reports the error.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from ...utils.exceptions import BillError
from ..forms import Column, Total, normal_heading
from ..reading import BillReader, header, values
from ..reading.faults import Place
from .expressions import FIRST, quoted, valid, value
from .schema import EXTRA, EXTRA_TYPE, SQL_TYPES, fields

__all__ = ["BYTES", "Scan", "scan_of"]

BYTES = "bytes_of_row"
"""An additional column for `Scan.agrees`."""
EDGE = 1 << 16
"""Bytes at both ends of a file that are searched for its header and its summary."""
LONGEST_LINE = 1 << 20
"""Bytes; `reading` has the same limit."""
BOM = b"\xef\xbb\xbf"
PATTERN = "*?["
"""Characters that make DuckDB interpret a path as a pattern."""


@dataclasses.dataclass(frozen=True, slots=True)
class Scan:
    """How DuckDB reads one bill, and the expected results.

    Attributes:
        path: the path of the file.
        head: its header line.
        newline: its line end.
        size: bytes between the header and the summary.
        summary: the two lines of the summary.
        count: the number of rows in the summary.
        totals: the sums in the summary, in the unit of the field.
    """

    path: str
    head: header.Header
    newline: str
    size: int
    summary: tuple[str, str]
    count: int
    totals: tuple[tuple[Total, Decimal], ...]

    @property
    def summed(self) -> tuple[str, ...]:
        """The columns that `check` requires in addition to the requested ones."""
        names = [name for total, _ in self.totals for name in (total.of, _filter(total)) if name]
        return (*dict.fromkeys(names), BYTES)

    @property
    def pattern(self) -> str:
        """The path for DuckDB, with pattern characters escaped."""
        return "".join(f"[{each}]" if each in PATTERN else each for each in self.path)

    def statement(self, path: str, columns: Collection[str] | None = None) -> str:
        """Return a SELECT of typed columns.

        Args:
            path: an expression for `pattern`, such as a parameter.
            columns: names of the requested columns; None for all columns of the kind. Those of
                `summed` are added.
        """
        known = {column.name: (column, text) for column, text in self._texts() if column}
        copies = dict(self.head.form.copies) if self.head.form else {}
        wanted = (*fields(self.head.kind), EXTRA) if columns is None else columns
        selected, used = [], set()
        for name in dict.fromkeys((*wanted, *self.summed)):
            source = name if name in known else copies.get(name, name)
            used.add(source)
            if name == EXTRA:
                expression = self._extra()
            elif name == BYTES:
                continue
            elif source in known:
                expression = value(*known[source])
            else:
                expression = f"CAST(NULL AS {SQL_TYPES[fields(self.head.kind)[name]]})"
            selected.append(f"{expression} AS {quoted(name)}")
        unused = [valid(*known[name]) for name in known.keys() - used]
        selected.append(f"{self._bytes(unused)} AS {quoted(BYTES)}")
        return f"SELECT {', '.join(selected)} FROM {self._file(path)} WHERE {self._is_row()}"

    def sums(self, table: str, condition: str = "true") -> str:
        """Return a SELECT of the sums to check, from a table with the columns of `summed`."""
        terms = [f"coalesce(sum({quoted(BYTES)}), 0)", "count(*)"]
        for total, _ in self.totals:
            what = f"sum({quoted(total.of)})" if total.of else "count(*)"
            where = f" FILTER (WHERE {_condition(total)})" if total.direction else ""
            terms.append(f"coalesce({what}{where}, 0)")
        return f"SELECT {', '.join(terms)} FROM {table} WHERE {condition}"

    def agrees(self, found: tuple[Any, ...]) -> bool:
        """Return whether all bytes were read, and the rows match the summary."""
        size, count, *sums = found
        return (
            size == self.size
            and count == self.count
            and all(sum_ == told for sum_, (_, told) in zip(sums, self.totals, strict=True))
        )

    def _texts(self) -> list[tuple[Column | None, str]]:
        """Return the columns, each with the expression for its text."""
        return [
            (column, f"c{index}" if index else FIRST)
            for index, column in enumerate(self.head.columns)
        ]

    def _file(self, path: str) -> str:
        columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(self.head.columns)))
        newline = "new_line = '\\n', " if self.newline == "\n" else ""
        return (
            f"read_csv({path}, columns = {{{columns}}}, delim = ',`', quote = '', escape = '', "
            f"comment = '', header = false, skip = 1, {newline}auto_detect = false, "
            "null_padding = true, strict_mode = true, nullstr = '\x01', encoding = 'utf-8', "
            f"compression = 'none', hive_partitioning = false, max_line_size = {LONGEST_LINE})"
        )

    def _is_row(self) -> str:
        """Return a condition for rows; a line with missing columns must belong to the summary."""
        names, numbers = self.summary
        texts = enumerate(numbers.split(",`"))
        told = " AND ".join(f"c{index} = {_literal(text)}" for index, text in texts)
        return (
            f"CASE WHEN c{len(self.head.columns) - 1} IS NOT NULL THEN true "
            f"WHEN c0 = {_literal(names)} AND c1 IS NULL THEN false "
            f"WHEN {told} THEN false ELSE error('') END"
        )

    def _bytes(self, unused: list[str]) -> str:
        """Return an expression for a row's length; it is NULL if DuckDB read a text as NULL."""
        width = len(self.head.columns)
        length = " + ".join(f"strlen(c{index})" for index in range(width))
        length = f"{length} + {2 * (width - 1) + len(self.newline)}"
        sure = " AND ".join(["c0 ^@ '`'", *unused])
        return f"CASE WHEN {sure} THEN coalesce({length}, error('')) ELSE error('') END"

    def _extra(self) -> str:
        pairs = zip(self.head.headings, self._texts(), strict=True)
        entries = [
            f"{_literal(heading)}: {text}" for heading, (column, text) in pairs if column is None
        ]
        return f"MAP {{{', '.join(entries)}}}" if entries else f"CAST(NULL AS {EXTRA_TYPE})"


def scan_of(reader: BillReader[Any]) -> Scan | None:
    """Return the scan of a reader's bill, or None if DuckDB cannot read it with certainty.

    Raises:
        OSError: the file cannot be opened.
    """
    if reader.form is None:
        return None
    path = reader.path
    absolute = os.path.abspath(path)  # noqa: PTH100 - Path would not keep `..` as the system does
    if "\\" in absolute and os.sep != "\\" and any(each in absolute for each in PATTERN):
        return None
    with Path(path).open("rb", buffering=0) as file:
        first = file.read(EDGE)
        line, newline, _ = first.partition(b"\n")
        if not newline or b"\0" in first:
            return None
        newline = b"\r\n" if line.endswith(b"\r") else newline
        summary = _summary(file, newline)
        head = _header(line.removesuffix(b"\r").removeprefix(BOM))
        if summary is None or head is None or head.form is None:
            return None
        begin, (names, numbers) = summary
        totals = _totals(head, names, numbers)
        too_wide = numbers.count(",`") >= len(head.columns) - 1
        if totals is None or too_wide or _irregular(file, newline, reader.sha1):
            return None
    count = next(number for total, number in totals if total.name == "count")
    size = begin - len(line) - 1
    return Scan(absolute, head, newline.decode(), size, summary[1], int(count), tuple(totals))


def _header(line: bytes) -> header.Header | None:
    try:
        head = header.parse(line.decode(), Place())
    except (UnicodeDecodeError, BillError):
        return None
    return None if head.padded else head


def _summary(file: BinaryIO, newline: bytes) -> tuple[int, tuple[str, str]] | None:
    """Return the position of the summary, and its two lines."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - EDGE))
    lines = file.read(EDGE).split(newline)
    if len(lines) < 4 or lines[-1]:  # without a final line end, the last line may be truncated
        return None
    try:
        names, numbers = (line.decode() for line in lines[-3:-1])
    except UnicodeDecodeError:
        return None
    return end - len(newline.join(lines[-3:])), (names, numbers)


def _totals(head: header.Header, names: str, numbers: str) -> list[tuple[Total, Decimal]] | None:
    """Return the known values of a summary, or None if they are uncertain."""
    form = head.form
    if form is None or '"' in names + numbers:
        return None
    known = {
        normal_heading(name): total
        for total in form.totals
        for name in (total.heading, *total.aliases)
    }
    columns = {column.name: column for column in form.columns}
    present = {column.name for column in head.columns if column} | {name for name, _ in form.copies}
    headings, cells = header.cells_of(names), header.cells_of(numbers)
    if len(cells) != len(headings) or not {*map(normal_heading, headings[:1])} & known.keys():
        return None
    found: list[tuple[Total, Decimal]] = []
    for heading, text in zip(headings, cells, strict=True):
        total = known.get(normal_heading(heading))
        if total and (not total.of or total.of in present):
            number = _number(columns.get(total.of), text)
            if number is None:
                return None
            found.append((total, number))
    return found if any(total.name == "count" for total, _ in found) else None


def _number(column: Column | None, text: str) -> Decimal | None:
    """Convert a value of the summary like those of its column; without a column, it is a count."""
    if column is None:
        number = values.count(text)
        return None if number is None else Decimal(number)
    try:
        read = values.value_of(dataclasses.replace(column, signed=True, required=True))
        return Decimal(read(text))
    except values.BadValue:
        return None


def _irregular(file: BinaryIO, newline: bytes, sha1: str) -> bool:
    """Return whether a file has NUL characters, other line ends, or another digest.

    DuckDB accepts NUL, and treats CR, LF and CRLF as line ends, regardless of its settings.
    """
    file.seek(0)
    digest = hashlib.sha1(usedforsecurity=False)
    piece, last, returns, pairs, lines = bytearray(LONGEST_LINE), b"", 0, 0, 0
    while many := file.readinto(piece):  # type: ignore[attr-defined]
        if sha1:
            digest.update(memoryview(piece)[:many])
        if piece.find(0, 0, many) >= 0:
            return True
        if newline == b"\n":
            if piece.find(b"\r", 0, many) >= 0:  # many times as fast as counting
                return True
            continue
        returns += piece.count(b"\r", 0, many)
        lines += piece.count(b"\n", 0, many)
        pairs += piece.count(newline, 0, many) + (last + piece[:1] == newline)
        last = bytes(piece[many - 1 : many])
    changed = bool(sha1) and digest.hexdigest() != sha1.lower()
    return changed or not returns == pairs == lines


def _filter(total: Total) -> str:
    return "direction" if total.direction else ""


def _condition(total: Total) -> str:
    return f"{quoted('direction')} = {_literal(total.direction)}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
