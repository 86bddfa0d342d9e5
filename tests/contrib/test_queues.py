"""Queues: a committed row is handed over at once, and a message that is lost costs only time."""

from __future__ import annotations

import asyncio
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
from wechatpay_chain import ConfigurationError
from wechatpay_chain.contrib import celery, taskiq
from wechatpay_chain.durable import Inbox, Outbox, create_tables


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
    yield app
    app.close()


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


def test_engines_that_do_not_fit(app, engine, async_engine, keys):
    with pytest.raises(ConfigurationError, match="Celery's workers are sync"):
        celery.connect(app, Inbox(async_engine, keys.client()))
    with pytest.raises(ConfigurationError, match="taskiq's brokers are async"):
        taskiq.connect(InMemoryBroker(), Outbox(engine, keys.client()))
