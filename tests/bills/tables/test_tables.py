"""Bills as Arrow, Polars, DuckDB and Parquet."""

from __future__ import annotations

import datetime
import hashlib
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

from wechatpay_chain import ConfigurationError, bills
from wechatpay_chain.bills import BillError, BillFile
from wechatpay_chain.bills.forms.fund_flow import FUND_FLOW
from wechatpay_chain.bills.rows import ROWS
from wechatpay_chain.bills.tables.duckdb import load

from .making import FLOW, PAYMENT, REFUND, lines, text, written

DAY = datetime.date(2026, 11, 25)
CHINA = datetime.timezone(datetime.timedelta(hours=8))


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    return written(tmp_path / "bill.csv", [PAYMENT, REFUND])


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A bill whose last row was removed."""
    header, one, _, heading, totals = lines([PAYMENT, REFUND])
    path = tmp_path / "wrong.csv"
    path.write_text("\n".join([header, one, heading, totals]), "utf-8")
    return path


def file(path: Path, **values: Any) -> BillFile:
    given = {"kind": "trade", "date": DAY, "type": "ALL", "mchid": "1900000109"} | values
    return BillFile(path=path, **given)


def test_arrow(bill: Path) -> None:
    table = bills.to_arrow(bill)
    assert table.schema == bills.schema("trade")
    first, second = table.to_pylist()
    assert first["trade_time"] == datetime.datetime(2026, 11, 25, 10, tzinfo=CHINA)
    assert (first["total"], first["fee"], first["rate"]) == (1234, Decimal("7.4"), Decimal("0.006"))
    assert (first["sub_mchid"], first["refund_id"], first["refund_time"]) == (None, None, None)
    assert (second["refund"], second["fee"], second["extra"]) == (100, Decimal("-0.6"), None)


def test_several_bills_are_one_table(bill: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other.csv", [PAYMENT | {"out_trade_no": "A-2"}])
    empty = file(tmp_path / "none.csv", empty=True)
    assert bills.to_arrow([bill, empty, other])["out_trade_no"].to_pylist() == ["A-1", "A-1", "A-2"]
    assert bills.to_polars([bill, empty, other])["out_trade_no"].to_list() == ["A-1", "A-1", "A-2"]
    found = bills.to_duckdb([bill, empty, other]).project("out_trade_no").fetchall()
    assert found == [("A-1",), ("A-1",), ("A-2",)]


def test_batches(tmp_path: Path) -> None:
    path = written(tmp_path / "bill.csv", [PAYMENT] * 25)
    reader = bills.to_arrow(path, batch_size=10)
    assert [batch.num_rows for batch in reader] == [10, 10, 5]
    with pytest.raises(ConfigurationError, match="at least 1 row"):
        bills.to_arrow(path, batch_size=0)


def test_batches_of_what_is_read_in_python(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(text([PAYMENT] * 25).encode("gb18030"))
    reader = bills.to_arrow(path, batch_size=10)
    assert [batch.num_rows for batch in reader] == [10, 10, 5]


def test_a_stream_goes_on_in_python_where_duckdb_stops(tmp_path: Path) -> None:
    rows = [PAYMENT | {"out_trade_no": f"A-{number}"} for number in range(5000)]
    rows[4000] |= {"description": "two\nlines"}
    path = written(tmp_path / "bill.csv", rows)
    table = pa.Table.from_batches(bills.to_arrow(path, batch_size=1000))
    assert table["out_trade_no"].to_pylist() == [row["out_trade_no"] for row in rows]
    assert table["description"][4000].as_py() == "two\nlines"


def test_a_batch_reader_raises_what_is_wrong_with_the_sums(wrong: Path) -> None:
    reader = bills.to_arrow(wrong, batch_size=1)
    with pytest.raises(BillError, match="summary says"):
        list(reader)


def test_a_digest_is_compared(bill: Path) -> None:
    digest = hashlib.sha1(bill.read_bytes()).hexdigest()
    assert bills.to_arrow(file(bill, sha1=digest)).num_rows == 2
    changed = file(bill, sha1="0" * 40)
    for make in (bills.to_arrow, bills.to_duckdb, bills.to_polars):
        with pytest.raises(BillError, match="The SHA-1 of the file is"):
            make(changed)


def test_an_empty_bill_has_the_columns_of_its_kind(tmp_path: Path) -> None:
    for kind in ROWS:
        empty = file(tmp_path / "none.csv", kind=kind, empty=True)
        assert bills.to_arrow(empty).schema == bills.schema(kind)
        assert bills.to_polars(empty).columns == bills.schema(kind).names
        relation = bills.to_duckdb(empty)
        assert relation.columns == bills.schema(kind).names
        assert relation.fetchall() == []


def test_a_schema_has_the_fields_of_the_rows() -> None:
    for kind, row in ROWS.items():
        assert bills.schema(kind).names == list(row.__dataclass_fields__)
    assert bills.schema("ecommerce_fund_flow") == bills.schema("fund_flow")
    assert bills.schema("").names == ["extra"]
    with pytest.raises(ConfigurationError, match="'trades' is not a kind of bill"):
        bills.schema("trades")


def test_bills_of_a_form_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_text("分账单号,说明\n`1,`茶\n总数,金额\n`1,`2\n", "utf-8")
    with pytest.warns(bills.BillWarning):
        table = bills.to_arrow(path)
    assert table.schema.names == ["extra"]
    assert table.to_pylist() == [{"extra": [("分账单号", "1"), ("说明", "茶")]}]
    with pytest.warns(bills.BillWarning):
        relation = bills.to_duckdb(path)
    assert relation.fetchall() == [({"分账单号": "1", "说明": "茶"},)]


def test_polars(bill: Path, wrong: Path) -> None:
    frame = bills.to_polars(bill)
    assert frame.schema["trade_time"] == pl.Datetime("us", "Asia/Shanghai")
    assert frame["total"].to_list() == [1234, 0]
    lazy = bills.to_polars(bill, lazy=True)
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().equals(frame)
    refunds = lazy.filter(pl.col("trade_state") == "REFUND").select("refund")
    assert refunds.collect().to_dicts() == [{"refund": 100}]
    assert lazy.head(1).collect().height == 1
    with pytest.raises(BillError):
        bills.to_polars(wrong)


def test_duckdb_of_its_own(bill: Path) -> None:
    relation = bills.to_duckdb(bill)
    assert relation.columns == bills.schema("trade").names
    [(total, time)] = (
        relation.filter("trade_state = 'SUCCESS'").project("total, trade_time").fetchall()
    )
    assert (total, time) == (1234, datetime.datetime(2026, 11, 25, 10))


def test_a_table_in_a_database(bill: Path, wrong: Path, tmp_path: Path) -> None:
    connection = duckdb.connect(tmp_path / "shop.duckdb")
    name = 'the "bill"; DROP'
    assert len(bills.to_duckdb(bill, connection, table=name).fetchall()) == 2
    with pytest.raises(ConfigurationError, match="replace=True"):
        bills.to_duckdb(bill, connection, table=name)
    with pytest.raises(BillError):
        bills.to_duckdb([bill, wrong], connection, table=name, replace=True)
    tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert tables == [(name,)]
    assert bills.to_duckdb([bill, bill], connection, table=name, replace=True).shape == (4, 30)


def test_a_transaction_of_the_caller_is_left_alone(bill: Path) -> None:
    connection = duckdb.connect()
    connection.begin()
    connection.execute("CREATE TABLE mine (a INTEGER)")
    for make in (lambda: bills.to_duckdb(bill, connection), lambda: load(connection, bill, "bill")):
        with pytest.raises(ConfigurationError, match="in a transaction"):
            make()
    connection.commit()
    assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_order_is_kept_and_the_setting_restored(tmp_path: Path) -> None:
    rows = [PAYMENT | {"out_trade_no": f"A-{number}"} for number in range(3000)]
    connection = duckdb.connect(config={"preserve_insertion_order": False})
    load(connection, written(tmp_path / "bill.csv", rows), "bill", columns=["out_trade_no"])
    found = connection.execute("SELECT out_trade_no, line FROM bill ORDER BY line").fetchall()
    assert found == [(f"A-{number}", number + 2) for number in range(3000)]
    setting = connection.execute("SELECT current_setting('preserve_insertion_order')").fetchone()
    assert setting == (False,)


def test_a_view_may_have_some_columns(tmp_path: Path) -> None:
    """The others are checked all the same."""
    connection = duckdb.connect()
    path = written(tmp_path / "bill.csv", [PAYMENT])
    load(connection, path, "bill", columns=["out_trade_no", "total"])
    assert connection.execute("SELECT * FROM bill").fetchall() == [("A-1", 1234, 2)]
    for name, value in (("trade_time", "yesterday"), ("rate", "0.6"), ("coupon", "-1.00")):
        written(path, [PAYMENT | {name: value}])
        with pytest.raises(BillError) as raised:
            load(connection, path, "bill", columns=["out_trade_no", "total"])
        assert raised.value.line == 2


@pytest.mark.parametrize(
    "name",
    ["a[12].csv", "a*.csv", "a?.csv", "it's; --.csv", "kind=x.csv", "b\\[1].csv", "x.gz", "茶.csv"],
)
def test_a_path_is_no_pattern(tmp_path: Path, name: str) -> None:
    if sys.platform == "win32" and set(name) & {"*", "?", "\\"}:
        pytest.skip("Windows has no such name")
    written(tmp_path / "a1.csv", [PAYMENT | {"out_trade_no": "another"}])
    path = written(tmp_path / name, [PAYMENT | {"out_trade_no": "right"}])
    for table in (bills.to_arrow(path), bills.to_duckdb(path).to_arrow_table()):
        assert table["out_trade_no"].to_pylist() == ["right"]


def test_parquet(bill: Path, tmp_path: Path) -> None:
    flow = tmp_path / "flow.csv"
    flow.write_text(text([FLOW], FUND_FLOW), "utf-8")
    lake = tmp_path / "lake"
    given = [file(bill), file(flow, kind="fund_flow", type="BASIC")]
    assert bills.to_parquet(given, lake) == [
        lake / "kind=trade" / "date=2026-11-25" / "1900000109-ALL.parquet",
        lake / "kind=fund_flow" / "date=2026-11-25" / "1900000109-BASIC.parquet",
    ]
    trade = pyarrow.dataset.dataset(lake / "kind=trade", partitioning="hive").to_table()
    assert trade.select(bills.schema("trade").names).equals(bills.to_arrow(bill))
    assert trade["bill_mchid"].to_pylist() == ["1900000109", "1900000109"]
    found = duckdb.sql(
        f"SELECT date, sum(total) FROM '{lake}/kind=trade/**/*.parquet' GROUP BY date"
    )
    assert found.fetchall() == [(DAY, 1234)]


def test_a_rerun_replaces_a_bill(bill: Path, wrong: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    [path] = bills.to_parquet(bill, lake, date="2026-11-25", mchid="1900000109")
    before = path.read_bytes()
    assert bills.to_parquet(file(bill), lake) == [path]
    assert path.read_bytes() == before
    with pytest.raises(BillError):
        bills.to_parquet(file(wrong), lake)
    assert path.read_bytes() == before
    bills.to_parquet(file(bill, empty=True), lake)
    assert pyarrow.dataset.dataset(path).count_rows() == 0
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_rows_are_not_there_twice(bill: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    bills.to_parquet(file(bill), lake)
    with pytest.raises(ConfigurationError, match="would be duplicated"):
        bills.to_parquet(file(bill, type="SUCCESS"), lake)
    with pytest.raises(ConfigurationError, match="the same bill"):
        bills.to_parquet([bill, bill], lake, date=DAY, mchid="1900000109")
    other_day = file(bill, type="SUCCESS", date=DAY + datetime.timedelta(1))
    assert len(bills.to_parquet(other_day, lake)) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mchid": "1900000109"}, "The day of the bill is unknown"),
        ({"date": "2026-11-25"}, "the mchid of the bill is unknown"),
        ({"date": "25.11.2026", "mchid": "1"}, "expected a date or text such as '2026-11-25'"),
        ({"date": "2026-11-25", "mchid": "../../1"}, "which is not a value of WeChat Pay"),
        ({"date": "2026-11-25", "mchid": "1", "type": "A/B"}, "which is not a value of WeChat Pay"),
    ],
)
def test_which_bill_it_is_must_be_known(
    bill: Path, tmp_path: Path, given: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        bills.to_parquet(bill, tmp_path / "lake", **given)
    assert not (tmp_path / "lake").exists()


def test_the_account_of_a_fund_flow_bill_must_be_known(tmp_path: Path) -> None:
    flow = tmp_path / "flow.csv"
    flow.write_text(text([FLOW], FUND_FLOW), "utf-8")
    with pytest.raises(ConfigurationError, match="the type of the bill is unknown"):
        bills.to_parquet(flow, tmp_path / "lake", date=DAY, mchid="1900000109")


def test_what_is_given_must_be_bills_of_one_kind(bill: Path, tmp_path: Path) -> None:
    flow = tmp_path / "flow.csv"
    flow.write_text(text([FLOW], FUND_FLOW), "utf-8")
    cases: list[tuple[Any, str]] = [
        ([], "No bill was passed"),
        ([bill, flow], "several kinds"),
        ([b"bill"], "not bytes"),
    ]
    for given, message in cases:
        with pytest.raises(ConfigurationError, match=message):
            bills.to_arrow(given)
    with pytest.raises(BillError, match="expected fund_flow"):
        bills.to_arrow(bill, kind="fund_flow")
    with pytest.raises(FileNotFoundError):
        bills.to_arrow(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "make",
    [bills.to_arrow, bills.to_polars, bills.to_duckdb, lambda path: bills.to_parquet(path, "x")],
)
def test_a_missing_extra_is_named(
    make: Callable[[Path], Any], bill: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("duckdb", "polars", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigurationError, match=r"wechatpay-chain\[bills\]|is unknown"):
        make(bill)


def test_messages_have_no_personal_data(tmp_path: Path) -> None:
    path = written(tmp_path / "bill.csv", [PAYMENT | {"description": "私密,`密"}])
    for make in (bills.to_arrow, bills.to_duckdb, bills.to_polars):
        with pytest.raises(BillError) as raised:
            make(path)
        shown = str(raised.value) + repr(raised.value.__cause__) + repr(raised.value.__context__)
        assert "私密" not in shown
        assert PAYMENT["openid"] not in shown
