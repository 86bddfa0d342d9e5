"""Files that are made of bills: private, made anew, and never through what somebody laid there."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bills.reconciliation.days import DAY, paid
from wechatpay_chain import ConfigurationError, bills
from wechatpay_chain.testing.bills import generate
from wechatpay_chain.utils.whole_file import whole

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")

WRITERS: dict[str, Callable[[bills.Reconciliation, Path], object]] = {
    "html": lambda result, path: result.to_html(path),
    "excel": lambda result, path: result.to_excel(path),
    "save": lambda result, path: result.save(path),
}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Callable[[Path], object]:
    pytest.importorskip("duckdb")
    if request.param == "excel":
        pytest.importorskip("xlsxwriter")
    orders = [{"out_trade_no": "A1", "total": 200}]
    result = bills.reconcile([paid("A1")], orders, date=DAY)
    return lambda path: WRITERS[request.param](result, path)


@pytest.mark.parametrize("written", WRITERS, indirect=True)
def test_a_new_file_is_private(written: Callable[[Path], object], tmp_path: Path) -> None:
    written(tmp_path / "day")
    assert mode(tmp_path / "day") == 0o600


@pytest.mark.parametrize("written", WRITERS, indirect=True)
@pytest.mark.parametrize("before", [0o600, 0o640, 0o644])
def test_a_file_keeps_its_mode(
    written: Callable[[Path], object], tmp_path: Path, before: int
) -> None:
    path = tmp_path / "day"
    path.touch()
    path.chmod(before)
    written(path)
    assert mode(path) == before
    assert path.stat().st_size > 0


@pytest.mark.parametrize("written", WRITERS, indirect=True)
@pytest.mark.parametrize("name", ["day.part", ".day.part"])
def test_what_somebody_laid_there_is_left_alone(
    written: Callable[[Path], object], tmp_path: Path, name: str
) -> None:
    victim, laid = tmp_path / "victim", tmp_path / name
    victim.write_text("precious")
    laid.symlink_to(victim)
    written(tmp_path / "day")
    assert victim.read_text() == "precious"
    assert laid.is_symlink()
    assert not (tmp_path / "day").is_symlink()


def test_a_parquet_file_is_private(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    day = generate(orders=3, date="2026-11-25", mchid="1900000109")
    bill = day.write(tmp_path).trade
    (path,) = bills.to_parquet(bill, tmp_path / "lake", date="2026-11-25", mchid="1900000109")
    assert mode(path) == 0o600


def test_a_part_that_was_guessed_is_no_way_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "guessed")
    (tmp_path / ".day.guessed.part").symlink_to(tmp_path / "victim")
    with pytest.raises(ConfigurationError, match="cannot be written"), whole(tmp_path / "day"):
        raise AssertionError("it must not be written")
    assert sorted(each.name for each in tmp_path.iterdir()) == [".day.guessed.part"]


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    with whole(path) as part:
        part.write_text("it")
    assert path.read_text() == "it"
