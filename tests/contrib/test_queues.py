"""Queues: a committed row is handed over at once, and a message that is lost costs only time."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
import sqlalchemy as sa
from celery import Celery
from celery.contrib.testing.worker import start_worker
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from taskiq import InMemoryBroker
from taskiq.api import run_receiver_task
from taskiq_redis import ListQueueBroker

from tests.durable.notifications import delivery, paid
from tests.support import PUBLIC_KEY_ID
from wechatpay_chain import ConfigurationError
from wechatpay_chain.bills import Daily
from wechatpay_chain.contrib import celery, taskiq
from wechatpay_chain.durable import Inbox, Outbox, create_tables
from wechatpay_chain.testing.mock import MockTransport

REFUNDS = "v3/refund/domestic/refunds"


@pytest.fixture
def engine(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", poolclass=NullPool)
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def async_engine(engine):
    return create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"), poolclass=NullPool)


@pytest.fixture(params=["redis_server", "rabbitmq"])
def app(request):
    """A Celery application with a queue of this test's own."""
    service = request.getfixturevalue(request.param)
    app = Celery("shop", broker=service.url)
    app.conf.update(
        task_default_queue=service.name.strip(":"),
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=False,
        broker_transport_options=(
            {"global_keyprefix": service.name} if request.param == "redis_server" else {}
        ),
        broker_heartbeat=1,  # or the worker notices after ten seconds that it shall stop
    )
    level = logging.root.level
    yield app
    app.close()
    logging.root.setLevel(level)  # the worker sets it


def refund(number):
    return {"out_refund_no": number, "transaction_id": "42", "amount": {"refund": 1}}


def refunding(keys):
    """A client of a WeChat Pay that refunds everything."""
    transport = MockTransport(
        lambda request: {"refund_id": "50", "status": "PROCESSING"},
        sign={PUBLIC_KEY_ID: keys.platform},
    )
    return keys.client(transport=transport)


class Results:
    """Waits until a result is recorded."""

    def __init__(self):
        self.numbers, self._event = [], threading.Event()

    def __call__(self, result, session):
        self.numbers.append(result.number)
        self._event.set()

    def wait(self):
        assert self._event.wait(20)
        return self.numbers


class Handled:
    """Waits until a handler has run."""

    def __init__(self, inbox):
        self.orders, self._event = [], threading.Event()
        inbox.on("TRANSACTION.SUCCESS")(self._handle)

    def _handle(self, notice, session):
        self.orders.append(notice.resource["out_trade_no"])
        self._event.set()

    def wait(self):
        assert self._event.wait(20)
        return self.orders


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_celery_handles_what_is_committed(app, engine, keys):
    inbox = Inbox(engine, keys.client())
    celery.connect(app, inbox, Outbox(engine, keys.client()), every=5)
    handled = Handled(inbox)
    assert inbox.receive(*delivery(keys, paid("A1"))).status == 204
    assert handled.orders == []
    with start_worker(app, perform_ping_check=False, shutdown_timeout=20):
        assert handled.wait() == ["A1"]
    schedule = {name: each["schedule"] for name, each in app.conf.beat_schedule.items()}
    assert schedule == {"wechatpay_chain.inbox": 5, "wechatpay_chain.outbox": 5}


def test_an_application_of_ones_own(redis_server, engine, keys, tmp_path):
    inbox, days = Inbox(engine, keys.client()), []
    daily = Daily(keys.client(), days.append, to=tmp_path)
    app = celery.application(
        "shop", redis_server.url, inbox, daily, every=5, key_prefix=redis_server.name
    )
    ours = {"wechatpay_chain.inbox": 5, "wechatpay_chain.bills": 1800}
    assert {name for name in app.tasks if name.startswith("wechatpay")} == ours.keys()
    schedule = {name: each["schedule"] for name, each in app.conf.beat_schedule.items()}
    assert schedule == ours
    assert app.conf.timezone == "Asia/Shanghai"
    assert app.conf.broker_transport_options == {"global_keyprefix": redis_server.name}
    for day in daily.due():
        daily.report(day).touch()
    assert app.tasks["wechatpay_chain.bills"].apply().successful()
    app.close()


def test_a_message_that_is_lost_costs_only_time(engine, keys, caplog):
    caplog.set_level("WARNING", "wechatpay_chain")
    app = Celery("shop", broker="amqp://127.0.0.1:1")  # where nobody listens
    app.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
    inbox = Inbox(engine, keys.client())
    celery.connect(app, inbox)
    handled = Handled(inbox)
    assert inbox.receive(*delivery(keys, paid("A1"))).status == 204
    for thread in threading.enumerate():
        if thread.name.startswith("wechatpay_chain"):
            thread.join(20)
    assert "wechatpay_chain.inbox is not started" in caplog.text
    assert inbox.run_once() == 1
    assert handled.orders == ["A1"]
    app.close()


async def test_taskiq_handles_what_is_committed(redis_server, async_engine, keys):
    inbox, done = Inbox(async_engine, keys.client()), asyncio.Event()

    @inbox.on("TRANSACTION.SUCCESS")
    async def handle(notice, session):
        done.set()

    broker = ListQueueBroker(redis_server.url, queue_name=redis_server.name)
    taskiq.connect(broker, inbox)
    await broker.startup()
    try:
        assert (await inbox.receive_async(*delivery(keys, paid("A1")))).status == 204
        receiver = asyncio.ensure_future(run_receiver_task(broker))
        await asyncio.wait_for(done.wait(), 20)
        receiver.cancel()
        await asyncio.gather(receiver, return_exceptions=True)
    finally:
        await broker.shutdown()
    task = broker.find_task("wechatpay_chain:inbox")
    assert task.labels["schedule"] == [{"cron": "* * * * *"}]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_celery_makes_the_calls_of_a_committed_transaction(app, engine, keys):
    outbox, results = Outbox(engine, refunding(keys)), Results()
    outbox.on_result(results)
    celery.connect(app, outbox)
    with engine.connect() as connection:
        outbox.call(connection, "POST", REFUNDS, json=refund("R1"))
        connection.rollback()
    with engine.begin() as connection:
        outbox.call(connection, "POST", REFUNDS, json=refund("R2"))
    with start_worker(app, perform_ping_check=False, shutdown_timeout=20):
        assert results.wait() == ["R2"]


async def test_taskiq_makes_the_calls_of_a_committed_transaction(redis_server, async_engine, keys):
    outbox, done = Outbox(async_engine, refunding(keys)), asyncio.Event()

    @outbox.on_result
    async def note(result, session):
        done.set()

    broker = ListQueueBroker(redis_server.url, queue_name=redis_server.name)
    taskiq.connect(broker, outbox)
    await broker.startup()
    receiver = asyncio.ensure_future(run_receiver_task(broker))
    try:
        async with async_engine.begin() as connection:
            await outbox.call_async(connection, "POST", REFUNDS, json=refund("R1"))
        await asyncio.wait_for(done.wait(), 20)
        receiver.cancel()
        await asyncio.gather(receiver, return_exceptions=True)
    finally:
        await broker.shutdown()


def test_engines_that_do_not_fit(app, engine, async_engine, keys):
    with pytest.raises(ConfigurationError, match="Celery's workers are sync"):
        celery.connect(app, Inbox(async_engine, keys.client()))
    with pytest.raises(ConfigurationError, match="taskiq's brokers are async"):
        taskiq.connect(InMemoryBroker(), Outbox(engine, keys.client()))
