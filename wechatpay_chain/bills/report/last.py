"""The differences of a run on disk, and how those of the next run compare with them.

The file is JSON, a value a line: what it is of, then the differences in the order of their keys,
then how many there are. Two runs are therefore compared in one pass, however many differences
they have, and a file that was cut off is recognised.
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
"""What a difference is known by, besides its class."""

Key = tuple[str, ...]
Rows = Callable[[str], Iterator[Row]]


def key(row: Row) -> Key:
    """What a difference of a class is known by, and sorted by: numbers and merchant."""
    return tuple(str(row.get(name) or "") for name in KEY)


def save(path: Path, of: Mapping[str, str], rows: Rows) -> None:
    """Write the differences of a run, for the next one; the file appears once it is complete.

    Args:
        path: of the file.
        of: what the run was of: `day` and `merchant`.
        rows: the differences of a class, in the order of `key`.

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
    """What is new, still open or solved since the last run.

    The differences of the last run are read when they are asked for: save this run when they are
    written, and not before.

    Attributes:
        counts: of `new`, `open` and `solved` differences.
        path: of the last run's file.
    """

    counts: Mapping[str, int]
    path: Path
    _rows: Rows
    _saved: _Saved

    @property
    def new(self) -> int:
        """How many differences the last run did not have."""
        return self.counts["new"]

    @property
    def open(self) -> int:
        """How many differences the last run had already."""
        return self.counts["open"]

    @property
    def solved(self) -> int:
        """How many differences of the last run are gone."""
        return self.counts["solved"]

    def of_class(self, kind: str) -> Iterator[Row]:
        """The differences of a class, `status` being `new`, `open` or `solved`."""
        self._saved.assert_same()
        return _merged(kind, self._rows(kind), self._saved.rows(kind))

    def rows(self, status: str) -> Iterator[Row]:
        """All differences of a status: `new`, `open` or `solved`."""
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
    """Compare the differences of a run with those of the last.

    Args:
        path: of the file that `save` wrote.
        of: what this run is of: `day` and `merchant`.
        rows: the differences of a class, in the order of `key`.

    Raises:
        ConfigurationError: the file is missing, damaged, or of another day or merchant.
    """
    saved = _Saved(path)
    head = saved.check()
    for name, value in of.items():
        if head.get(name) != value:
            raise ConfigurationError(
                _(
                    "{path} is the last run of {name} {get!r}, and this run is of {value!r}; keep "
                    "a file for each",
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
    """Two runs' differences, both in the order of their keys, as one."""
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
    """A file that `save` wrote, read strictly."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: tuple[int, ...] = ()
        self._begins: dict[str, int] = {}  # of each class, the byte that its differences begin at

    def assert_same(self) -> None:
        """See that it is the file that was checked.

        Raises:
            ConfigurationError: another run was saved there since.
        """
        if self._now() != self._state:
            raise ConfigurationError(
                _(
                    "{path} was written since it was compared with: write the reports, then save",
                    path=self._path,
                )
            )

    def check(self) -> dict[str, Any]:
        """Read all of it, and return its head."""
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
                raise self._damaged(number, _("something stands behind the end"))
            if "differences" in value:
                complete = value["differences"] == many
                if not complete:
                    raise self._damaged(
                        number, _("it should have {value} rows", value=value["differences"])
                    )
                continue
            if value.get("kind") not in DIFFERENCES:
                raise self._damaged(number, _("its class is unknown"))
            place = (DIFFERENCES.index(value["kind"]), key(value))
            if place < last:
                raise self._damaged(number, _("it is out of order"))
            self._begins.setdefault(value["kind"], offset)
            many, last = many + 1, place
        if not complete:
            raise self._damaged(many + 2, _("the end is missing"))
        return head

    def rows(self, kind: str) -> Iterator[dict[str, Any]]:
        """The differences of a class, with times and dates as such."""
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
        """The lines from a byte on: their number, counted from there, where they begin, values."""
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                for number, line in enumerate(file, 1):
                    value = json.loads(line)
                    if not isinstance(value, dict):
                        raise self._damaged(number, _("it is no object"))
                    yield number, offset, value
                    offset += len(line)
        except OSError as error:
            raise ConfigurationError(
                _(
                    "the last run cannot be read from {path}: {why_not}",
                    path=self._path,
                    why_not=why_not(error),
                )
            ) from None
        except (ValueError, RecursionError) as error:
            if isinstance(error, ConfigurationError):
                raise
            raise ConfigurationError(
                _(
                    "{path} is not a file that save() wrote: {type}",
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
                _("{path} has a difference with a wrong time or amount", path=self._path)
            ) from None
        return value

    def _damaged(self, line: int, why: str) -> ConfigurationError:
        return ConfigurationError(
            f"{self._path}, line {line}: {why}; delete the file to begin anew"
        )


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: object) -> str | int:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else str(value)
    raise TypeError(_("{type} in a difference", type=type(value).__name__))
