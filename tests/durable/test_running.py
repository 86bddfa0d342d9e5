"""Workers in the background: they run until the block ends, and what fails is started again."""

from __future__ import annotations

import asyncio
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tests.durable.notifications import delivery, paid
from wechatpay_chain import ConfigurationError
from wechatpay_chain.durable import (
    Inbox,
    Outbox,
    background,
    create_tables,
    create_tables_async,
    running,
    running_async,
    work_off,
)


@pytest.fixture
def engine(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=NullPool)
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def async_engine(engine):
    return create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"), poolclass=NullPool)


def ours():
    return [each.name for each in threading.enumerate() if each.name.startswith("wechatpay_chain.")]


def test_threads_work_until_the_block_ends(engine, keys):
    inbox, handled = Inbox(engine, keys.client()), threading.Event()
    inbox.on("TRANSACTION.SUCCESS")(lambda notice, session: handled.set())
    with running(inbox, Outbox(engine, keys.client())):
        assert sorted(ours()) == ["wechatpay_chain.inbox", "wechatpay_chain.outbox"]
        assert inbox.receive(*delivery(keys, paid("A1"))).status == 204
        assert handled.wait(20)
    assert ours() == []
    assert [row["state"] for row in inbox.find()] == ["done"]


def test_threads_end_where_the_block_raises(engine, keys):
    with pytest.raises(KeyError), running(Inbox(engine, keys.client())):
        raise KeyError
    assert ours() == []


class Failing:
    """Fails the first time, and then runs."""

    def __init__(self):
        self.runs, self.again = 0, threading.Event()

    def run(self, *, stop):
        self.runs += 1
        if self.runs == 1:
            raise ValueError("the customer's secret" * 100)
        self.again.set()
        stop.wait()


def test_what_fails_is_logged_and_started_again(monkeypatch, caplog):
    monkeypatch.setattr(background, "PAUSE", 0.001)
    failing = Failing()
    with running(failing):
        assert failing.again.wait(20)
    (record,) = caplog.records
    assert record.getMessage().startswith("Failing failed, and is started again in 0.001 s: Value")
    assert len(record.getMessage()) < 700


def test_an_async_engine_needs_a_loop(async_engine, keys):
    with (
        pytest.raises(ConfigurationError, match="Inbox is async: use running_async"),
        running(Inbox(async_engine, keys.client())),
    ):
        pass


@pytest.mark.parametrize("is_async", [False, True])
async def test_tasks_and_threads_beside_a_loop(engine, async_engine, keys, is_async):
    inbox, handled = Inbox(async_engine if is_async else engine, keys.client()), threading.Event()

    def handle(notice, session):
        handled.set()

    async def handle_async(notice, session):
        handled.set()

    inbox.on("TRANSACTION.SUCCESS")(handle_async if is_async else handle)
    async with running_async(inbox):
        assert (ours() == []) is is_async
        assert (await inbox.receive_async(*delivery(keys, paid("A1")))).status == 204
        assert await asyncio.to_thread(handled.wait, 20)
    assert ours() == []
    assert [each for each in asyncio.all_tasks() if each.get_name().startswith("wechat")] == []


def test_work_off_goes_on_until_nothing_is_due(engine, keys):
    client = keys.client()
    inbox = Inbox(engine, client)
    inbox.on("TRANSACTION.SUCCESS")(lambda notice, session: None)
    for number in ("A1", "A2"):
        inbox.receive(*delivery(keys, paid(number)))
    assert work_off(inbox, Outbox(engine, client)) == 2
    assert work_off(inbox) == 0


def own_tables():
    metadata = sa.MetaData()
    sa.Table("orders", metadata, sa.Column("number", sa.String(32), primary_key=True))
    return metadata


async def test_tables_of_ones_own_are_created_too(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/a.db")
    for _ in range(2):
        create_tables(engine, own_tables())
    assert {"orders", "wechatpay_inbox"} < set(sa.inspect(engine).get_table_names())
    engine.dispose()
    other = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/b.db")
    await create_tables_async(other, own_tables())
    async with other.connect() as connection:
        names = await connection.run_sync(lambda each: sa.inspect(each).get_table_names())
    assert "orders" in names
    await other.dispose()
