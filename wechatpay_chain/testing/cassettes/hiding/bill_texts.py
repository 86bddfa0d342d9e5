"""Removes personal data from bills: all columns that are not known to be harmless are replaced.

A bill keeps its form, its amounts and its numbers, so it can still be read, summed up and
reconciled.
"""

from __future__ import annotations

import csv
import io
import re
import zlib

from ....bills.forms import Column, ColumnType
from ....bills.reading.faults import Place
from ....bills.reading.header import parse
from ....bills.reading.layout import Layout
from ....bills.reading.splitting import Splitter
from ....utils.exceptions import BillError
from .values import Scrubber

__all__ = ["bill_text", "head_of", "unpacked"]

GZIP = b"\x1f\x8b"
TICKED = ("`", '"`')
MARK = "\ufeff"
WRITTEN = frozenset({"direction", "business_name", "business_type", "flow_id", "voucher_no"})
"""Columns with texts written by WeChat Pay."""
SUMS = re.compile('[`0-9.,+%" -]*')
LARGEST = 64 * 1024 * 1024
"""Maximum size of an unpacked bill, in bytes."""


def unpacked(content: bytes) -> bytes | None:
    """Unpack a GZIP file; returns None for any other file, and for one that is too large."""
    if not content.startswith(GZIP):
        return None
    plain, rest = bytearray(), content
    try:
        while rest:
            member = zlib.decompressobj(wbits=31)  # a file has one or more members
            plain += member.decompress(rest, LARGEST + 1 - len(plain))
            if not member.eof or len(plain) > LARGEST:
                return None
            rest = member.unused_data
    except zlib.error:
        return None
    return bytes(plain)


def head_of(content: bytes) -> str:
    """Return the header line of a bill; empty for the further parts of a large bill."""
    try:
        head = content.partition(b"\n")[0].decode("utf-8").removeprefix(MARK).rstrip("\r")
        return head if parse(head, Place()).form is not None else ""
    except (UnicodeDecodeError, BillError):
        return ""


def bill_text(content: bytes, scrubber: Scrubber, before: str = "") -> str | None:
    """Return a bill with its values replaced, or None if the content is not a bill.

    Args:
        content: the plain file.
        scrubber: replaces the values.
        before: the header line of the bill, if the content is a further part of it.
    """
    try:
        text = content.decode("utf-8").removeprefix(MARK).replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    head, _, rest = text.partition("\n")
    own = [head] if head_of(content) else []
    if not own:
        head, rest = before, text
    try:
        header = parse(head, Place())
        if header.form is None:
            return None
        splitter = Splitter(Layout(header), Place())
        rows = list(splitter.feed(rest.split("\n"), 2))
        splitter.end()
    except BillError:
        return None
    kept = [
        [_cell(column, cell, scrubber) for column, cell in zip(header.columns, row, strict=True)]
        for row in rows
    ]
    summary = [line for _, line in splitter.summary or ()]
    if not all(map(SUMS.fullmatch, summary[1:])):
        return None
    write = _ticked if rest.startswith(TICKED) else _plain
    return "\n".join([*own, *map(write, kept), *summary, ""])


def _ticked(cells: list[str]) -> str:
    return "`" + ",`".join(cells)


def _plain(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _cell(column: Column | None, text: str, scrubber: Scrubber) -> str:
    is_text = column is None or column.type in (ColumnType.TEXT, ColumnType.ID)
    if not text or not is_text or (column is not None and column.name in WRITTEN):
        return text
    return scrubber.value("text" if column is None else column.name, text)
