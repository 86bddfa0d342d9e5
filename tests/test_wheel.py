"""What `pip install` brings: built as PyPI would have it, and looked into."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from wechatpay_chain import catalogue

pytest.importorskip("hatchling", reason="hatchling comes with the dependency group check")
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*command, str(folder)], cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= 2 * 1024 * 1024


def test_the_wheel_has_the_stubs_and_the_catalogue(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for product in catalogue.products():
        assert f"wechatpay_chain/catalogue/{product}.json" in names
    stubs = {name for name in names if name.startswith("wechatpay_chain/typed/")}
    assert len(stubs) == len(catalogue.products()) + 4
    assert "wechatpay_chain/py.typed" in names


def test_the_wheel_has_nothing_that_does_not_belong_to_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"wechatpay_chain"}
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []
