"""Bills in PostgreSQL."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from tests.services import POSTGRES, Database, own_database
from wechatpay_chain import ConfigurationError, bills
from wechatpay_chain.bills import BillError, BillFile

from .making import PAYMENT, REFUND, lines, written

DAY = datetime.date(2026, 11, 25)
CHINA = datetime.timezone(datetime.timedelta(hours=8))


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with own_database(POSTGRES) as database:
        yield database


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS trade_bill")
        yield connection


@pytest.fixture
def bill(tmp_path: Path) -> BillFile:
    odd = {"description": '"茶"\n\\.\n;', "attach": "\\N", "out_trade_no": "A-2"}
    return file(written(tmp_path / "bill.csv", [PAYMENT, PAYMENT | odd, REFUND]))


def file(path: Path, **values: Any) -> BillFile:
    given = {"kind": "trade", "date": DAY, "type": "ALL", "mchid": "1900000109"} | values
    return BillFile(path=path, **given)


def rows(connection: psycopg.Connection[Any], columns: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT {columns} FROM trade_bill ORDER BY ctid").fetchall()


def test_rows_are_copied(bill: BillFile, connection: psycopg.Connection[Any]) -> None:
    assert bills.copy_to_postgresql(bill, connection, "trade_bill", create=True) == 3
    found = rows(
        connection, "bill_date, bill_mchid, trade_time, total, fee, description, attach, extra"
    )
    at = datetime.datetime(2026, 11, 25, 10, tzinfo=CHINA)
    assert found[:2] == [
        (DAY, "1900000109", at, 1234, Decimal("7.400"), "茶, 红", None, None),
        (DAY, "1900000109", at, 1234, Decimal("7.400"), '"茶"\n\\.\n;', "\\N", None),
    ]


def test_a_rerun_replaces_the_rows_of_a_bill(
    bill: BillFile, tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    other = file(written(tmp_path / "other.csv", [PAYMENT]), mchid="1900000110")
    for _ in range(2):
        assert bills.copy_to_postgresql([bill, other], connection, "trade_bill", create=True) == 4
    assert len(rows(connection, "1")) == 4
    assert bills.copy_to_postgresql(file(tmp_path / "x", empty=True), connection, "trade_bill") == 0
    assert rows(connection, "bill_mchid") == [("1900000110",)]


def test_a_wrong_bill_leaves_the_table_as_it_was(
    bill: BillFile, tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    bills.copy_to_postgresql(bill, connection, "trade_bill", create=True)
    header, one, _, heading, totals = lines([PAYMENT, REFUND])
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("\n".join([header, one, heading, totals]), "utf-8")
    with pytest.raises(BillError, match="summary says"):
        bills.copy_to_postgresql(file(wrong), connection, "trade_bill")
    assert len(rows(connection, "1")) == 3


def test_a_transaction_of_the_caller_is_the_callers_to_commit(
    bill: BillFile, database: Database, connection: psycopg.Connection[Any]
) -> None:
    bills.copy_to_postgresql(bill, connection, "trade_bill", create=True)
    with psycopg.connect(database.url) as own:
        own.execute("SELECT 1")
        bills.copy_to_postgresql(file(bill.path, mchid="1"), own, "trade_bill")
        own.rollback()
    engine = sa.create_engine(database.with_driver("psycopg"), poolclass=sa.pool.NullPool)
    with engine.connect() as begun, begun.begin() as transaction:
        bills.copy_to_postgresql(file(bill.path, mchid="2"), begun, "trade_bill")
        transaction.rollback()
    assert {mchid for (mchid,) in rows(connection, "bill_mchid")} == {"1900000109"}
    with engine.connect() as fresh:
        bills.copy_to_postgresql(file(bill.path, mchid="3"), fresh, "trade_bill")
    bills.copy_to_postgresql(file(bill.path, mchid="4"), engine, "public.trade_bill")
    assert {mchid for (mchid,) in rows(connection, "bill_mchid")} == {"1900000109", "3", "4"}


def test_two_at_once_double_nothing(
    bill: BillFile, database: Database, connection: psycopg.Connection[Any]
) -> None:
    engine = sa.create_engine(database.with_driver("psycopg"), poolclass=sa.pool.NullPool)
    copy = lambda: bills.copy_to_postgresql(bill, engine, "trade_bill", create=True)  # noqa: E731
    threads = [threading.Thread(target=copy) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(connection, "1")) == 3


def test_columns_that_are_not_known(tmp_path: Path, connection: psycopg.Connection[Any]) -> None:
    header, body, heading, totals = lines([PAYMENT])
    path = tmp_path / "bill.csv"
    path.write_text("\n".join([f"{header},新", f'{body},`"x"', heading, totals]), "utf-8")
    with pytest.warns(bills.BillWarning):
        bills.copy_to_postgresql(file(path), connection, "trade_bill", create=True)
    assert rows(connection, "extra") == [({"新": '"x"'},)]


def test_what_is_wrong_with_the_table_is_said(
    bill: BillFile, connection: psycopg.Connection[Any]
) -> None:
    with pytest.raises(ConfigurationError, match="create=True"):
        bills.copy_to_postgresql(bill, connection, "trade_bill")
    connection.execute("CREATE TABLE trade_bill (bill_date date)")
    with pytest.raises(ConfigurationError, match="bill_kind"):
        bills.copy_to_postgresql(bill, connection, "trade_bill")
    sqlite = sa.create_engine("sqlite://")
    with pytest.raises(ConfigurationError, match="psycopg"):
        bills.copy_to_postgresql(bill, sqlite, "trade_bill")
    sqlite.dispose()
    with pytest.raises(ConfigurationError, match="of type str"):
        bills.copy_to_postgresql(bill, "postgresql://", "trade_bill")
