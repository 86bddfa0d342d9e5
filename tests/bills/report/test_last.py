"""A rerun beside the last run: what is new, still open, solved."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bills.report.sample import CHINA, difference
from wechatpay_chain import ConfigurationError
from wechatpay_chain.bills.report import last
from wechatpay_chain.bills.report.words import DIFFERENCES

OF = {"day": "2026-11-25", "merchant": "1900000109"}


class Run:
    """Differences by class, in the order of their keys."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.all = sorted(rows, key=last.key)

    def rows(self, kind: str) -> Iterator[dict[str, Any]]:
        return (row for row in self.all if row["kind"] == kind)


FIRST = Run(difference("amount", 1), difference("amount", 2), difference("missing_here", 2))
SECOND = Run(difference("amount", 2, amount=5), difference("fee", 2), difference("fee", 3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "day.json"


def test_new_open_and_solved(path: Path) -> None:
    last.save(path, OF, FIRST.rows)
    changes = last.compare(path, OF, SECOND.rows)
    assert (changes.new, changes.open, changes.solved) == (2, 1, 2)
    assert [row["out_trade_no"][-1] + row["kind"] for row in changes.rows("new")] == [
        "2fee",
        "3fee",
    ]
    (still,) = changes.rows("open")
    assert still["amount"] == 5
    solved = list(changes.rows("solved"))
    assert [row["kind"] for row in solved] == ["missing_here", "amount"]
    assert solved[0]["trade_time"].tzinfo.utcoffset(None) == CHINA.utcoffset(None)
    assert [row["status"] for row in changes.of_class("amount")] == ["solved", "open"]


def test_the_same_run_again_changes_nothing(path: Path) -> None:
    last.save(path, OF, FIRST.rows)
    before = path.read_bytes()
    changes = last.compare(path, OF, FIRST.rows)
    assert dict(changes.counts) == {"new": 0, "open": 3, "solved": 0}
    last.save(path, OF, FIRST.rows)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["day.json"]


def test_amounts_with_fractions_of_a_fen(path: Path) -> None:
    row = difference("fee", 1, amount=Decimal("12.345"))
    last.save(path, OF, Run(row).rows)
    changes = last.compare(path, OF, Run().rows)
    assert next(changes.rows("solved"))["amount"] == Decimal("12.345")


@given(st.randoms(use_true_random=False), st.integers(0, 40), st.integers(0, 40))
def test_statuses_are_those_of_a_multiset(
    tmp_path_factory: pytest.TempPathFactory, dice: random.Random, one: int, two: int
) -> None:
    def some(many: int) -> Run:
        kinds = DIFFERENCES[:3]
        return Run(*(difference(dice.choice(kinds), dice.randrange(8)) for _ in range(many)))

    before, now = some(one), some(two)
    path = tmp_path_factory.mktemp("last") / "day.json"
    last.save(path, OF, before.rows)
    changes = last.compare(path, OF, now.rows)
    assert changes.open + changes.new == two
    assert changes.open + changes.solved == one
    rest = [(row["kind"], last.key(row)) for row in before.all]
    found = 0
    for row in now.all:
        if (row["kind"], last.key(row)) in rest:
            rest.remove((row["kind"], last.key(row)))
            found += 1
    assert changes.open == found


def test_a_file_that_is_missing(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read the last run from .*: No such"):
        last.compare(path, OF, FIRST.rows)


def test_a_file_of_another_day(path: Path) -> None:
    last.save(path, {**OF, "day": "2026-11-24"}, FIRST.rows)
    with pytest.raises(ConfigurationError, match="day '2026-11-24', but this run is of '2026-11-2"):
        last.compare(path, OF, FIRST.rows)


def test_a_newer_version(path: Path) -> None:
    last.save(path, OF, FIRST.rows)
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(ConfigurationError, match="line 1: its version is 2, and this release"):
        last.compare(path, OF, FIRST.rows)


def test_a_file_that_was_cut_anywhere(path: Path) -> None:
    last.save(path, OF, FIRST.rows)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ConfigurationError, match=r"day\.json"):
            last.compare(path, OF, FIRST.rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [*lines, lines[-1]], "line 6: there is data after the end"),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "out of order"),
        (lambda lines: [lines[0], *lines[2:]], "it should have 3 rows"),
        (lambda lines: [lines[0], "[]", *lines[2:]], "line 2: it is not an object"),
        (
            lambda lines: [lines[0], '{"kind": "x"}', *lines[2:]],
            "the class of the difference is unknown",
        ),
        (lambda lines: ['{"a": 1}', *lines[1:]], "line 1: it was not written by"),
        (lambda lines: ["[" * 100_000], "was not written by save"),
    ],
)
def test_a_damaged_file(path: Path, change: Any, message: str) -> None:
    last.save(path, OF, FIRST.rows)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(change(lines)), "utf-8")
    with pytest.raises(ConfigurationError, match=message):
        last.compare(path, OF, FIRST.rows)


def test_a_run_that_fails_leaves_the_last_file_alone(path: Path) -> None:
    last.save(path, OF, FIRST.rows)
    before = path.read_bytes()

    def rows(kind: str) -> Iterator[dict[str, Any]]:
        raise RuntimeError("no database")
        yield

    with pytest.raises(RuntimeError):
        last.save(path, OF, rows)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["day.json"]


def test_a_run_that_was_saved_too_early(path: Path) -> None:
    last.save(path, OF, FIRST.rows)
    changes = last.compare(path, OF, SECOND.rows)
    last.save(path, OF, SECOND.rows)
    with pytest.raises(ConfigurationError, match="was written after the comparison: write the"):
        list(changes.rows("solved"))


def test_each_line_is_json(path: Path) -> None:
    last.save(path, OF, FIRST.rows)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert lines[0] == {"format": "wechatpay-chain reconciliation", "version": 1, **OF}
    assert lines[-1] == {"differences": 3}
