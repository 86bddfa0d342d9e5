"""Whole programs become what is beside them; `tests/peers` runs both."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.support import run

pytest.importorskip("libcst")

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(path.name for path in PROGRAMS.iterdir() if path.is_dir())
LEFT = {"async_shop": 1, "v2_shop": 0}
"""Places that are left to people."""


def library(name: str) -> str:
    return "wechatpy" if name.startswith("v2_") else "wechatpayv3"


@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_rewritten(name: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    shutil.copy(PROGRAMS / name / "before.py", file)
    result = run("migrate", library(name), str(file), "--write")
    after = (PROGRAMS / name / "after.py").read_text("utf-8")
    assert file.read_text("utf-8") == after
    left = LEFT.get(name, 0)
    places = "1 place" if left == 1 else f"{left} places"
    assert result.stderr.endswith(f"1 file rewritten, {places} left to do by hand\n")
    assert result.exit_code == (3 if left else 0)


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_changes_nothing(name: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    shutil.copy(PROGRAMS / name / "after.py", file)
    before = file.read_bytes()
    result = run("migrate", library(name), str(file), "--write")
    assert file.read_bytes() == before
    assert "0 files rewritten" in result.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_difference_is_shown_first(name: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    shutil.copy(PROGRAMS / name / "before.py", file)
    before = file.read_bytes()
    shown = run("migrate", library(name), str(file))
    assert file.read_bytes() == before
    assert shown.stdout.startswith(f"--- a{file.as_posix()}\n+++ b{file.as_posix()}\n@@ ")
    assert "1 file to rewrite" in shown.stderr
