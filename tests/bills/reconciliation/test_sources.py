"""Where orders may come from, and what is refused."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow
import pytest
import sqlalchemy
from pyarrow import parquet

from tests.services import POSTGRES, own_database
from wechatpay_chain import ConfigurationError, bills

from .days import DAY, Row, at, counted, order, paid, refunded

BILL = [paid("a"), paid("b", 200), paid("c", trade_time=at("23:59:59"))]
NAMES = {"out_trade_no": "order_no", "total": "amount_fen", "paid_at": "paid"}
UTC = datetime.UTC
ROWS = [
    {"order_no": "a", "amount_fen": 100, "paid": datetime.datetime(2026, 11, 24, 16, tzinfo=UTC)},
    {"order_no": "b", "amount_fen": 199, "paid": datetime.datetime(2026, 11, 25, 3, tzinfo=UTC)},
    {"order_no": "d", "amount_fen": 7, "paid": datetime.datetime(2026, 11, 25, 15, 59, tzinfo=UTC)},
    {"order_no": "x", "amount_fen": 7, "paid": datetime.datetime(2026, 11, 25, 16, tzinfo=UTC)},
]
FOUND = {"matched": 1, "amount": 1, "missing_here": 1, "missing_there": 1}


@dataclasses.dataclass
class Order:
    order_no: str
    amount_fen: int
    paid: datetime.datetime


def as_parquet(folder: Path) -> Path:
    parquet.write_table(pyarrow.Table.from_pylist(ROWS), folder / "orders.parquet")
    return folder / "orders.parquet"


def as_csv(folder: Path) -> str:
    lines = [f"{row['order_no']},{row['amount_fen']},{row['paid'].isoformat()}" for row in ROWS]
    path = folder / "orders.csv"
    path.write_text("\n".join(["order_no,amount_fen,paid", *lines]), "utf-8")
    return str(path)


SOURCES: dict[str, Callable[[Path], Any]] = {
    "rows": lambda _: ROWS,
    "a generator": lambda _: iter(ROWS),
    "objects": lambda _: [Order(**row) for row in ROWS],
    "ISO 8601": lambda _: [row | {"paid": row["paid"].isoformat()} for row in ROWS],
    "arrow": lambda _: pyarrow.Table.from_pylist(ROWS),
    "a reader": lambda _: pyarrow.Table.from_pylist(ROWS).to_reader(),
    "polars": lambda _: polars.DataFrame(ROWS),
    "parquet": as_parquet,
    "csv": as_csv,
}


@pytest.mark.parametrize("source", SOURCES)
def test_orders_come_from(source: str, tmp_path: Path) -> None:
    orders = SOURCES[source](tmp_path)
    assert counted(bills.reconcile(BILL, orders, columns=NAMES)) == FOUND


def test_orders_come_from_duckdb() -> None:
    table = pyarrow.Table.from_pylist(ROWS)
    with duckdb.connect() as connection:
        relation = connection.from_arrow(table)
        assert counted(bills.reconcile(BILL, relation, columns=NAMES)) == FOUND


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Any:
    if request.param == "sqlite":
        made = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.StaticPool)
        yield made
        made.dispose()
        return
    with own_database(POSTGRES) as database:
        made = sqlalchemy.create_engine(database.with_driver("psycopg"))
        yield made
        made.dispose()


def test_orders_come_from_a_database(engine: sqlalchemy.Engine) -> None:
    zoned = engine.dialect.name == "postgresql"
    table = sqlalchemy.Table(
        "orders",
        sqlalchemy.MetaData(),
        sqlalchemy.Column("order_no", sqlalchemy.String(32)),
        sqlalchemy.Column("amount_fen", sqlalchemy.BigInteger),
        sqlalchemy.Column("paid", sqlalchemy.DateTime(timezone=zoned)),
        sqlalchemy.Column("secret", sqlalchemy.String(9)),
    )
    table.metadata.create_all(engine)
    local = datetime.timedelta(hours=8)
    with engine.begin() as connection:
        for row in ROWS:
            paid_at = row["paid"] if zoned else (row["paid"] + local).replace(tzinfo=None)
            connection.execute(table.insert(), row | {"paid": paid_at})
    for what in (
        "orders",
        table,
        sqlalchemy.select(table),
        sqlalchemy.text("SELECT * FROM orders"),
    ):
        assert counted(bills.reconcile(BILL, (engine, what), columns=NAMES)) == FOUND
    with engine.connect() as connection:
        assert counted(bills.reconcile(BILL, (connection, table), columns=NAMES)) == FOUND
    with pytest.raises(
        ConfigurationError, match="orders has no column 'out_trade_no'; its columns are"
    ):
        bills.reconcile(BILL, (engine, table))
    with pytest.raises(ConfigurationError, match="orders: the database says"):
        bills.reconcile(BILL, (engine, "nowhere"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"total": 1.0}, "row 2, column total: expected whole fen as int, not float '1.0'"),
        ({"total": Decimal("1.5")}, "expected whole fen as int, not Decimal '1.5'"),
        ({"total": True}, "expected whole fen as int, not bool"),
        ({"total": "100"}, "expected whole fen as int, not str"),
        ({"total": -1}, "expected an amount of 0 fen or more"),
        ({"total": None}, "row 2, column total: the value is missing"),
        ({"out_trade_no": ""}, "column out_trade_no: the value is missing"),
        ({"out_trade_no": 1.5}, "text, not float"),
        ({"out_trade_no": b"a"}, "text, not bytes"),
        ({"paid_at": 1764000000}, "expected a datetime or ISO 8601 text, not int"),
        ({"paid_at": "yesterday"}, "Invalid isoformat string"),
        ({"rate": 0.006}, "expected a Decimal, not float"),
        ({"trade_state": "PAID"}, "column trade_state: 'PAID' is not one of SUCCESS, REFUND"),
    ],
)
def test_rows_that_are_refused(values: Row, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        bills.reconcile(BILL, [order("a"), order("b") | values])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, 2.0], "orders, column total: expected whole fen as integers, not DOUBLE"),
        ([Decimal("1.5"), None], "expected whole fen"),
        ([True, False], "not BOOLEAN"),
        (["1", "2"], "not VARCHAR"),
        ([1, None], "orders: 1 rows have no out_trade_no or total"),
        ([1, -1], "orders, column total: -1; expected 0 fen or more"),
    ],
)
def test_tables_that_are_refused(values: list[Any], message: str) -> None:
    table = pyarrow.table({"out_trade_no": ["a", "b"], "total": values})
    with pytest.raises(ConfigurationError) as caught:
        bills.reconcile(BILL, table)
    assert message in str(caught.value)


def test_decimals_that_are_whole_are_fen() -> None:
    rows = [order("a", Decimal("100.00")), order("b", Decimal(200)), order("c")]  # type: ignore[arg-type]
    assert bills.reconcile(BILL, rows).ok
    table = pyarrow.table(
        {"out_trade_no": ["a", "b", "c"], "total": [Decimal("100.00"), Decimal(200), Decimal(100)]}
    )
    assert bills.reconcile(BILL, table).ok


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"orders": 5}, "orders: int is not supported"),
        ({"orders": {"a": 1}}, "orders: dict is not supported"),
        ({"orders": "/nowhere.parquet"}, "/nowhere.parquet cannot be read"),
        ({"orders": [{"no": 1}]}, "row 1: there is no column 'out_trade_no'"),
        ({"columns": {"amount": "fen"}}, "['amount'] are not columns; the columns are"),
        ({"rate": 0.006}, "rate 0.006: expected a Decimal"),
        ({"date": "today"}, "date 'today': expected YYYY-MM-DD"),
        ({"engine": "oracle"}, "engine 'oracle'"),
    ],
)
def test_arguments_that_are_refused(arguments: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"orders": [order("a")]} | arguments
    with pytest.raises(ConfigurationError) as caught:
        bills.reconcile(BILL, **given)
    assert message in str(caught.value)


def test_values_are_never_sql() -> None:
    hostile = "'); DROP TABLE orders; --"
    bill = [paid(hostile), refunded("a", hostile, 5)]
    result = bills.reconcile(bill, [order(hostile)], date=DAY, mchid=hostile)
    assert counted(result) == {"merchant": 1, "refund_missing_here": 1}


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    bills.reconcile(BILL, [order("a")], temp_directory=tmp_path)
    assert list(tmp_path.iterdir()) == []
