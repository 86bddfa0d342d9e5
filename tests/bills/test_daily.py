"""The daily bill: each day is reconciled once, whoever asks, and how often."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from tests.gateway.support import order
from wechatpay_chain import ConfigurationError, bills
from wechatpay_chain.bills import Daily, bounds
from wechatpay_chain.bills import daily as module
from wechatpay_chain.gateway import Gateway

CHINA = timezone(timedelta(hours=8))
DAY = date(2026, 11, 25)


def at(day, hour, minute=0):
    """A clock that stands still, in China."""
    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA)
    return moment.timestamp


@pytest.fixture(scope="module")
def gateway():
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def wxpay(gateway):
    with gateway.client() as wxpay:
        yield wxpay


def paid(gateway, wxpay):
    made = order(gateway)
    wxpay.v3.pay.transactions.native.post(json=made)
    gateway.pay(made["out_trade_no"])
    return {"out_trade_no": made["out_trade_no"], "total": made["amount"]["total"]}


@pytest.fixture
def sold(gateway, wxpay):
    """A day on which all orders that there are were paid, and those orders."""
    now = datetime.fromtimestamp(gateway.time(), CHINA)
    noon = (now + timedelta(days=1)).replace(hour=12, minute=0)  # the same at any time of day
    gateway.advance((noon - now).total_seconds())
    orders = [paid(gateway, wxpay) for _ in range(2)]
    gateway.advance(hours=23)
    return noon.date(), orders


def test_the_moments_of_a_day():
    first, last = bounds(DAY)
    assert first == datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert last == datetime(2026, 11, 25, 15, 59, 59, 999_999, tzinfo=UTC)
    assert bounds("2026-11-25") == (first, last)
    with pytest.raises(ConfigurationError, match="tomorrow"):
        bounds("tomorrow")


def test_what_is_due(wxpay, tmp_path):
    def due(*moment, **options):
        return Daily(wxpay, (), to=tmp_path, clock=at(*moment), **options).due()

    today, yesterday = date(2026, 11, 27), date(2026, 11, 26)
    assert due(today, 9, 59) == [date(2026, 11, 24), DAY]
    assert due(today, 10) == [date(2026, 11, 24), DAY, yesterday]
    assert due(today, 10, days=1) == [yesterday]
    (tmp_path / f"trade-ALL-{wxpay.mchid}-{DAY}.html").touch()
    assert due(today, 10) == [date(2026, 11, 24), yesterday]


@pytest.mark.parametrize("days", [0, 91, True, "3", None])
def test_days_that_are_none(wxpay, tmp_path, days):
    with pytest.raises(ConfigurationError, match="a number from 1 to 90"):
        Daily(wxpay, (), to=tmp_path, days=days)


def test_a_day_is_reconciled_once(gateway, wxpay, tmp_path, sold):
    day, orders = sold
    results, asked = [], []

    def source(of):
        asked.append(of)
        return orders if of == day else []

    daily = Daily(wxpay, source, to=tmp_path, clock=gateway.time, days=1, on_result=results.append)
    assert daily.due() == [day]
    assert (daily.run_once(), daily.run_once()) == (1, 0)
    (result,) = results
    assert (result.ok, result.counts["matched"], asked) == (True, 2, [day])
    assert "微信支付对账" in daily.report(day).read_text("utf-8")


def test_what_fails_is_tried_again(gateway, wxpay, tmp_path, sold):
    day, orders = sold

    def refuse(result):
        raise RuntimeError("the mail is down")

    daily = Daily(wxpay, orders, to=tmp_path, clock=gateway.time, days=2, on_result=refuse)
    with pytest.raises(RuntimeError, match="mail"):
        daily.run_once()
    assert day in daily.due()
    gateway.faults.add("v3/bill/*", "statement_creating", times=1)
    daily = Daily(wxpay, orders, to=tmp_path / "other", clock=gateway.time, days=2)
    with pytest.raises(bills.BillNotReady):
        daily.run_once()
    assert len(daily.due()) == 1  # the other day is done all the same


def test_an_empty_bill_shows_what_is_missing_there(gateway, wxpay, tmp_path, caplog):
    gateway.advance(days=2)
    day = datetime.fromtimestamp(gateway.time(), CHINA).date() - timedelta(days=1)
    lost = {"out_trade_no": "lost-1", "total": 100, "paid_at": bounds(day)[0]}
    daily = Daily(wxpay, [lost], to=tmp_path)
    result = daily.reconcile(day)
    assert [each.kind for each in result.differences] == ["missing_there"]
    assert "a daily bill has differences" in caplog.text


def test_only_the_rows_of_the_day_are_read(gateway, wxpay, tmp_path, sold):
    day, orders = sold
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db")
    table = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("out_trade_no", sa.String(32)),
        sa.Column("total", sa.Integer),
        sa.Column("at", sa.DateTime(timezone=True)),
    )
    table.create(engine)
    noon = bounds(day)[0] + timedelta(hours=12)
    rows = [{**each, "at": noon} for each in orders]
    rows += [{**orders[0], "at": noon + timedelta(days=1)}, {**orders[1], "at": None}]
    with engine.begin() as session:
        session.execute(sa.insert(table), rows)
    seen = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, *_):
        seen.append(statement)

    for what in (table, sa.select(table)):
        daily = Daily(wxpay, (engine, what), to=tmp_path, columns={"paid_at": "at"})
        result = daily.reconcile(day)
        assert (result.ok, result.counts["matched"]) == (True, 2)
    assert any("BETWEEN" in each for each in seen)
    engine.dispose()


def test_it_goes_on_until_it_is_stopped(gateway, wxpay, tmp_path, caplog, monkeypatch):
    stop = threading.Event()
    failing = iter([ValueError("a row"), bills.BillError("damaged")])

    def fail(*_, **__):
        for error in failing:
            raise error
        stop.set()
        return 0

    monkeypatch.setattr(module.Daily, "run_once", fail)
    Daily(wxpay, (), to=tmp_path).run(poll=0.001, stop=stop)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "a daily bill is tried again in 0.001 s: ValueError",
        "a daily bill is tried again in 0.001 s: damaged",
    ]


def test_the_fund_flow_goes_with_it(gateway, wxpay, tmp_path, sold):
    day, orders = sold
    result = Daily(wxpay, orders, to=tmp_path, fund_flow=True).reconcile(day)
    assert result.balance is not None
