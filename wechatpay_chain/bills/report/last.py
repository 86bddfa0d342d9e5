"""Stores the differences of a run, and compares them with those of the next run.

The file contains one JSON value per line: a head, the differences in the order of their keys, and
their number. Two runs are therefore compared in one pass, however many differences they have, and
a truncated file is detected.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from ...utils.exceptions import ConfigurationError
from ...utils.files import why_not
from ...utils.translation import _
from ...utils.whole_file import whole
from .view import Row
from .words import DIFFERENCES, STATUSES

__all__ = ["Changes", "Rows", "compare", "key", "save"]

FORMAT = "wechatpay-chain reconciliation"
VERSION = 1
KEY = ("out_trade_no", "out_refund_no", "transaction_id", "mchid", "sub_mchid", "field")
"""The members that identify a difference within its class."""

Key = tuple[str, ...]
Rows = Callable[[str], Iterator[Row]]


def key(row: Row) -> Key:
    """Return the sort key that identifies a difference in its class: numbers and merchant."""
    return tuple(str(row.get(name) or "") for name in KEY)


def save(path: Path, of: Mapping[str, str], rows: Rows) -> None:
    """Write the differences of a run for the next one; the file appears only when it is complete.

    Args:
        path: the path of the file.
        of: the `day` and `merchant` of the run.
        rows: returns the differences of a class, in the order of `key`.

    Raises:
        OSError: the file cannot be written.
    """
    with whole(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_line({"format": FORMAT, "version": VERSION, **of}))
        many = 0
        for kind in DIFFERENCES:
            for row in rows(kind):
                many += 1
                saved = {name: value for name, value in row.items() if value is not None}
                file.write(_line({"kind": kind, **saved}))
        file.write(_line({"differences": many}))


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """The new, open and solved differences since the last run.

    The last run's differences are read on demand. Save the current run only after you have written
    them.

    Attributes:
        counts: the number of `new`, `open` and `solved` differences.
        path: the path of the last run's file.
    """

    counts: Mapping[str, int]
    path: Path
    _rows: Rows
    _saved: _Saved

    @property
    def new(self) -> int:
        """The number of differences that the last run did not have."""
        return self.counts["new"]

    @property
    def open(self) -> int:
        """The number of differences that the last run also had."""
        return self.counts["open"]

    @property
    def solved(self) -> int:
        """The number of differences of the last run that no longer exist."""
        return self.counts["solved"]

    def of_class(self, kind: str) -> Iterator[Row]:
        """Yield the differences of a class with their `status`: `new`, `open` or `solved`."""
        self._saved.assert_same()
        return _merged(kind, self._rows(kind), self._saved.rows(kind))

    def rows(self, status: str) -> Iterator[Row]:
        """Yield all differences with a status: `new`, `open` or `solved`."""
        if status not in STATUSES:
            raise ConfigurationError(
                _(
                    "status {status!r}: expected one of {statuses}",
                    status=status,
                    statuses=", ".join(STATUSES),
                )
            )
        merged = itertools.chain.from_iterable(map(self.of_class, DIFFERENCES))
        return (row for row in merged if row["status"] == status)


def compare(path: Path, of: Mapping[str, str], rows: Rows) -> Changes:
    """Compare the differences of a run with those of the last one.

    Args:
        path: the path of a file written by `save`.
        of: the `day` and `merchant` of this run.
        rows: returns the differences of a class, in the order of `key`.

    Raises:
        ConfigurationError: the file does not exist, is damaged, or belongs to another day or
            merchant.
    """
    saved = _Saved(path)
    head = saved.check()
    for name, value in of.items():
        if head.get(name) != value:
            raise ConfigurationError(
                _(
                    "{path} has the last run of {name} {get!r}, but this run is of {value!r}; "
                    "use a separate file for each",
                    path=path,
                    name=name,
                    get=head.get(name),
                    value=value,
                )
            )
    counts = Counter(dict.fromkeys(STATUSES, 0))
    for kind in DIFFERENCES:
        counts.update(row["status"] for row in _merged(kind, rows(kind), saved.rows(kind)))
    return Changes(counts, path, rows, saved)


def _merged(kind: str, now: Iterator[Row], before: Iterator[Row]) -> Iterator[dict[str, Any]]:
    """Merge the sorted differences of two runs."""
    mine, theirs = next(now, None), next(before, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and key(mine) < key(theirs)):
            yield {**(mine or {}), "kind": kind, "status": "new"}
            mine = next(now, None)
        elif mine is None or key(theirs) < key(mine):
            yield {**theirs, "kind": kind, "status": "solved"}
            theirs = next(before, None)
        else:
            yield {**mine, "kind": kind, "status": "open"}
            mine, theirs = next(now, None), next(before, None)


class _Saved:
    """A file written by `save`, read strictly."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: tuple[int, ...] = ()
        self._begins: dict[str, int] = {}  # the first byte of each class's differences

    def assert_same(self) -> None:
        """Check that the file is still the one that was validated.

        Raises:
            ConfigurationError: another run has been saved there since.
        """
        if self._now() != self._state:
            raise ConfigurationError(
                _(
                    "{path} was written after the comparison: write the reports first, then save",
                    path=self._path,
                )
            )

    def check(self) -> dict[str, Any]:
        """Validate the whole file, and return its head."""
        self._state = self._now()
        lines = self._lines()
        _ignored, _ignored, head = next(lines, (1, 0, {}))
        if head.get("format") != FORMAT:
            raise self._damaged(1, _("it was not written by save()"))
        if head.get("version") != VERSION:
            raise self._damaged(
                1,
                _(
                    "its version is {get!r}, and this release reads {version}",
                    get=head.get("version"),
                    version=VERSION,
                ),
            )
        many, complete = 0, False
        last: tuple[int, Key] = (-1, ())
        for number, offset, value in lines:
            if complete:
                raise self._damaged(number, _("there is data after the end"))
            if "differences" in value:
                complete = value["differences"] == many
                if not complete:
                    raise self._damaged(
                        number, _("it should have {value} rows", value=value["differences"])
                    )
                continue
            if value.get("kind") not in DIFFERENCES:
                raise self._damaged(number, _("the class of the difference is unknown"))
            place = (DIFFERENCES.index(value["kind"]), key(value))
            if place < last:
                raise self._damaged(number, _("it is out of order"))
            self._begins.setdefault(value["kind"], offset)
            many, last = many + 1, place
        if not complete:
            raise self._damaged(many + 2, _("the end is missing"))
        return head

    def rows(self, kind: str) -> Iterator[dict[str, Any]]:
        """Yield the differences of a class, with times and dates converted."""
        if kind not in self._begins:
            return
        for _ignored, _ignored, value in self._lines(self._begins[kind]):
            if value.get("kind") != kind:
                return
            yield self._restored(value)

    def _now(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _lines(self, offset: int = 0) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """Yield the lines from a byte on: their number from there, their position, their values."""
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                for number, line in enumerate(file, 1):
                    value = json.loads(line)
                    if not isinstance(value, dict):
                        raise self._damaged(number, _("it is not an object"))
                    yield number, offset, value
                    offset += len(line)
        except OSError as error:
            raise ConfigurationError(
                _(
                    "cannot read the last run from {path}: {why_not}",
                    path=self._path,
                    why_not=why_not(error),
                )
            ) from None
        except (ValueError, RecursionError) as error:
            if isinstance(error, ConfigurationError):
                raise
            raise ConfigurationError(
                _(
                    "{path} was not written by save(): {type}",
                    path=self._path,
                    type=type(error).__name__,
                )
            ) from None

    def _restored(self, value: dict[str, Any]) -> dict[str, Any]:
        try:
            if "trade_time" in value:
                value["trade_time"] = datetime.datetime.fromisoformat(value["trade_time"])
            if isinstance(value.get("amount"), str):
                value["amount"] = Decimal(value["amount"])
        except (ArithmeticError, TypeError, ValueError):
            raise ConfigurationError(
                _("{path} has a difference with an invalid time or amount", path=self._path)
            ) from None
        return value

    def _damaged(self, line: int, why: str) -> ConfigurationError:
        return ConfigurationError(
            _(
                "{path}, line {line}: {why}; delete the file to start over",
                path=self._path,
                line=line,
                why=why,
            )
        )


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: object) -> str | int:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else str(value)
    raise TypeError(_("{type} in a difference", type=type(value).__name__))
