"""Versions of the tables, sessions of the ORM, many merchants, and a task that is cancelled."""

from __future__ import annotations

import asyncio
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tests.durable.notifications import delivery, delivery_v2, paid
from tests.durable.worlds import effects
from tests.support import APIV3_KEY, MERCHANT_SERIAL, PUBLIC_KEY_ID, SECRET
from wechatpay_chain import ConfigurationError, Merchants, UnknownMerchant
from wechatpay_chain.durable import (
    Inbox,
    Outbox,
    Sweeper,
    create_tables,
    create_tables_async,
    metadata,
)

OTHER = "1900000110"
REFUND = {"out_refund_no": "R1", "transaction_id": "42", "amount": {"refund": 1}}
REFUNDS = "v3/refund/domestic/refunds"


@pytest.fixture
def engine(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=NullPool)
    create_tables(engine)
    effects.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def async_engine(engine):
    return create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"), poolclass=NullPool)


@pytest.fixture
def merchants(keys):
    arguments = {
        "serial": MERCHANT_SERIAL,
        "private_key": keys.merchant,
        "certs": {PUBLIC_KEY_ID: keys.platform.public_key()},
        "secret": SECRET,
    }
    return Merchants(
        {
            "1900000109": {**arguments, "apiv3_key": APIV3_KEY},
            OTHER: {**arguments, "apiv3_key": "another-key-of-32-characters-abc"},
        }
    )


def rows(engine, name):
    with engine.connect() as connection:
        return list(connection.execute(sa.select(metadata.tables[name])).mappings())


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (0, "have version 0, but this package needs version 1: run the migrations from 0 to 1"),
        (2, "have version 2, which is newer than this package's 1"),
    ],
)
def test_tables_of_another_version_are_not_used(engine, keys, version, message):
    with engine.begin() as connection:
        connection.execute(sa.update(metadata.tables["wechatpay_schema"]).values(version=version))
    with pytest.raises(ConfigurationError, match=message):
        Inbox(engine, keys.client()).run_once()


def test_tables_that_are_missing_are_named_as_such(keys):
    engine = sa.create_engine("sqlite://")
    inbox = Inbox(engine, keys.client())
    inbox.on("TRANSACTION.SUCCESS")(lambda notice, session: None)
    with pytest.raises(ConfigurationError, match="call durable.create_tables"):
        inbox.run_once()
    create_tables(engine)
    create_tables(engine)
    assert inbox.run_once() == 0
    engine.dispose()


async def test_tables_are_created_on_an_async_engine(keys, tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/new.db", poolclass=NullPool)
    await create_tables_async(engine)
    assert await Inbox(engine, keys.client()).find_async() == []


@pytest.mark.parametrize("given", [None, "sqlite://", object()])
def test_an_engine_that_is_none(given, keys):
    with pytest.raises(ConfigurationError, match="create_engine or create_async_engine"):
        Inbox(given, keys.client())


def test_a_client_that_is_none(engine):
    with pytest.raises(ConfigurationError, match="expected a WeChatPay or a Merchants"):
        Inbox(engine, "1900000109")


def test_sessions_of_the_orm_record_calls_and_watches(engine, keys):
    outbox = Outbox(engine, keys.client())
    sweeper = Sweeper(Inbox(engine, keys.client()))
    with Session(engine) as session:
        outbox.call(session, "POST", REFUNDS, json=REFUND)
        session.rollback()
        outbox.call(session, "POST", REFUNDS, json={**REFUND, "out_refund_no": "R2"})
        sweeper.watch(session, out_trade_no="A1")
        session.commit()
    assert [row["number"] for row in rows(engine, "wechatpay_outbox")] == ["R2"]
    assert [row["number"] for row in rows(engine, "wechatpay_watch")] == ["A1"]


def test_wake_follows_the_outermost_commit(engine, keys):
    woken, others = [], []
    outbox, other = (Outbox(engine, keys.client(), wake=each.append) for each in (woken, others))

    def call(session, number, recording=outbox):
        return recording.call(session, "POST", REFUNDS, json={**REFUND, "out_refund_no": number})

    with Session(engine) as session:
        with session.begin_nested():
            first = call(session, "R1")
        assert woken == []
        session.commit()
        assert woken == [first]
        call(session, "R2")
        session.rollback()
        session.execute(sa.select(1))
        session.commit()
        assert woken == [first]
    with engine.connect() as connection:
        second, third = call(connection, "R3"), call(connection, "R4", other)
        connection.commit()
        connection.execute(sa.select(1))
        assert (woken, others) == ([first, second], [third])
        fourth = call(connection, "R5")
        connection.commit()
    assert (woken, others) == ([first, second, fourth], [third])
    with engine.begin() as connection:
        connection.execute(sa.select(1))
    assert (woken, others) == ([first, second, fourth], [third])


async def test_async_sessions_of_the_orm_do_too(engine, async_engine, keys):
    outbox = Outbox(async_engine, keys.client())
    async with AsyncSession(async_engine) as session:
        await outbox.call_async(session, "POST", REFUNDS, json=REFUND)
        await session.rollback()
        await outbox.call_async(session, "POST", REFUNDS, json={**REFUND, "out_refund_no": "R2"})
        await session.commit()
    assert [row["number"] for row in rows(engine, "wechatpay_outbox")] == ["R2"]


async def test_sync_and_async_are_told_apart(engine, async_engine, keys):
    inbox, outbox = Inbox(async_engine, keys.client()), Outbox(engine, keys.client())
    with pytest.raises(ConfigurationError, match="await the method's _async form"):
        inbox.run_once()
    with pytest.raises(ConfigurationError, match="call the method without _async"):
        await outbox.call_async(None, "POST", REFUNDS, json=REFUND)


async def test_a_sync_engine_serves_an_event_loop_from_a_thread(engine, keys):
    inbox, seen = Inbox(engine, keys.client()), []
    inbox.on("TRANSACTION.SUCCESS")(lambda notice, session: seen.append(notice))
    assert (await inbox.receive_async(*delivery(keys, paid("A1")))).status == 204
    assert await inbox.run_once_async() == 1
    assert len(seen) == 1


def test_a_worker_that_is_told_to_stop_ends_after_the_row_at_hand(engine, keys):
    inbox, stop = Inbox(engine, keys.client()), threading.Event()
    inbox.on("TRANSACTION.SUCCESS")(lambda notice, session: stop.set())
    for order in ("A1", "A2"):
        inbox.receive(*delivery(keys, paid(order)))
    inbox.run(stop=stop)
    assert [row["state"] for row in inbox.find()] == ["pending", "done"]


async def test_a_handler_that_is_cancelled_leaves_nothing(engine, async_engine, keys):
    inbox, started = Inbox(async_engine, keys.client()), asyncio.Event()

    @inbox.on("TRANSACTION.SUCCESS")
    async def handle(notice, session):
        await session.execute(sa.insert(effects).values(order="A1", amount=1))
        if not started.is_set():
            started.set()
            await asyncio.sleep(3600)

    await inbox.receive_async(*delivery(keys, paid("A1")))
    worker = asyncio.ensure_future(inbox.run_async(poll=0.01))
    await started.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    with engine.connect() as connection:
        assert connection.execute(sa.select(effects)).all() == []
    (row,) = await inbox.find_async("pending")
    assert row["attempts"] == 0
    assert await inbox.run_once_async() == 1


def test_each_merchants_notifications_are_its_own(engine, merchants, keys):
    inbox, seen = Inbox(engine, merchants), []
    for event in ("TRANSACTION.SUCCESS", "v2/transaction-success"):
        inbox.on(event)(lambda notice, session: seen.append((notice.mchid, notice.source)))
    own = delivery(keys, paid("A1"), number="EV-1")
    other = delivery(keys, paid("A1"), number="EV-1", key="another-key-of-32-characters-abc")
    for headers, body in (own, other):
        assert inbox.receive(headers, body).status == 204
    assert inbox.receive({}, delivery_v2("B1", mch_id=OTHER)).status == 200
    assert inbox.receive({}, delivery_v2("B1", mch_id="1900000111")).status == 400
    assert inbox.receive(*own, mchid=OTHER).status == 400
    assert inbox.run_once() == 3
    assert sorted(seen) == [("1900000109", "v3"), (OTHER, "v2"), (OTHER, "v3")]


def test_a_call_says_whose_it_is_where_there_are_many(engine, merchants, keys):
    outbox = Outbox(engine, merchants)
    with engine.begin() as session:
        with pytest.raises(ConfigurationError, match="mchid is missing"):
            outbox.call(session, "POST", REFUNDS, json=REFUND)
        outbox.call(session, "POST", REFUNDS, json=REFUND, mchid=OTHER)
        outbox.call(session, "POST", REFUNDS, json=REFUND, mchid="1900000109")
        with pytest.raises(UnknownMerchant, match="is not the client's"):
            Outbox(engine, keys.client()).call(session, "POST", REFUNDS, json=REFUND, mchid=OTHER)
    assert {row["mchid"] for row in rows(engine, "wechatpay_outbox")} == {OTHER, "1900000109"}
