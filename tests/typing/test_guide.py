"""The guide quotes both checkers: what it shows is what they say, line by line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .support import ROOT, Found, mypy, pyright

pytest.importorskip("mypy", reason="the type checkers come with the dependency group check")
pytest.importorskip("pyright", reason="the type checkers come with the dependency group check")

BLOCK = re.compile("```(python|text)\n(.*?)```", re.S)


@pytest.mark.parametrize("page", ["docs/types.md", "docs/zh/types.md"])
@pytest.mark.parametrize(("checker", "place"), [(mypy, 1), (pyright, 2)], ids=["mypy", "pyright"])
def test_what_is_quoted_is_said(
    page: str, checker: Callable[[Path, Path], Found], place: int, tmp_path: Path
) -> None:
    blocks = BLOCK.findall((ROOT / page).read_text("utf-8"))
    assert [kind for kind, _ in blocks[:3]] == ["python", "text", "text"]
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "shop.py").write_text(blocks[0][1], "utf-8")
    found = checker(tmp_path / "guide", tmp_path / "project")
    quoted = {int(number) for number in re.findall(r"shop\.py:(\d+)", blocks[place][1])}
    assert {line for _, line in found} == quoted
    said = "".join(found.values())
    for name in re.findall(r'"(\w{12,}|status|mch_id|currency|transaction)"', blocks[place][1]):
        assert f'"{name}"' in said
