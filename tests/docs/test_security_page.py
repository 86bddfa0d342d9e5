"""SECURITY.md names tests and targets that exist."""

from __future__ import annotations

import re
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")


def test_the_named_tests_exist():
    named = set(re.findall(r"`(tests/[\w/.]+)`", PAGE))
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_named_fuzz_targets_are_all_of_them():
    named = {
        name
        for row in re.findall(r"`tests/fuzz` \(([^)]+)\)", PAGE)
        for name in re.findall("`([a-z_]+)`", row)
    }
    assert named == TARGETS.keys()
