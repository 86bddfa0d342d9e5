"""examples/shop is short, and both type checkers have nothing against it."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys

import pytest

from tests.examples.running import ROOT

SHOP = ROOT / "examples" / "shop"
MOST = 350
"""Lines, tests included: whatever any shop needs is the library's."""


def test_it_has_few_lines() -> None:
    lines = {path.name: len(path.read_text("utf-8").splitlines()) for path in SHOP.glob("*.py")}
    assert sum(lines.values()) < MOST, lines


def test_it_convinces_without_force() -> None:
    for path in SHOP.glob("*.py"):
        source = path.read_text("utf-8")
        assert not re.search(r"\bcast\(|type: *ignore|pyright: *|noqa|fmt: *off", source), path


@pytest.fixture
def needs(request: pytest.FixtureRequest) -> None:
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")


@pytest.mark.parametrize("needs", ["mypy"], indirect=True)
def test_mypy_has_nothing_against_it(needs: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "examples"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("needs", ["pyright"], indirect=True)
def test_pyright_has_nothing_against_it(needs: None, tmp_path) -> None:
    shutil.copytree(SHOP, tmp_path / "examples" / "shop", ignore=lambda *_: ["__pycache__"])
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["generalDiagnostics"] == []
    assert report["summary"]["filesAnalyzed"] == len(list(SHOP.glob("*.py")))
