"""Transactions of Django's: what is committed when, and on which connection."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import unittest

import pytest
import sqlalchemy as sa
from django import urls
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.db import Error, connections, transaction
from django.test import TestCase, override_settings

from tests.contrib.django import project
from tests.durable.notifications import delivery, paid
from tests.durable.worlds import effects
from tests.examples.running import wait_until
from wechatpay_chain import ConfigurationError, Retry
from wechatpay_chain.contrib.django import DjangoDatabase
from wechatpay_chain.contrib.django.views import notify_async
from wechatpay_chain.durable import Inbox, Outbox

KILL = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mariadb": "SELECT CONCAT('KILL ', id) FROM information_schema.processlist "
    "WHERE db = DATABASE() AND id <> CONNECTION_ID()",
}
COUNT = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
    "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE()",
}


@pytest.fixture
def inbox(world, keys):
    return Inbox(world.engine, keys.client(), retry=Retry(attempts=9, initial=0))


@pytest.fixture
def server(world):
    """A world on a server that has connections."""
    if world.name == "sqlite":
        pytest.skip("SQLite has no server")
    return world


def drop_connections(world):
    with world.watching.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for told in connection.execute(sa.text(KILL[world.name])).scalars().all():
            if isinstance(told, str):
                connection.execute(sa.text(told))


def booking(alias):
    """A handler that books a payment."""

    def book(notice, session):
        assert session == alias
        order = notice.resource["out_trade_no"]
        with connections[session].cursor() as cursor:
            cursor.execute(
                "INSERT INTO shop_effect (amount, " + quoted(session) + ") VALUES (1, %s)", [order]
            )

    return book


def quoted(alias):
    return connections[alias].ops.quote_name("order")


def test_the_database_is_checked_when_it_is_named(world):
    with pytest.raises(ConfigurationError, match="settings.DATABASES has default"):
        DjangoDatabase("payments")
    other = project.add_database("sqlite:///x", ENGINE="django.db.backends.dummy")
    with pytest.raises(ConfigurationError, match="SQLite, PostgreSQL, MySQL and MariaDB"):
        DjangoDatabase(other)
    assert repr(world.engine) == f"<DjangoDatabase {world.alias}>"


def test_the_tables_are_checked_before_they_are_used(world, keys, tmp_path):
    def find(alias):
        return Inbox(DjangoDatabase(alias), keys.client()).find()

    empty = project.add_database(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(ConfigurationError, match=f"migrate wechatpay_chain --database={empty}"):
        find(empty)
    with override_settings(INSTALLED_APPS=[]), pytest.raises(ConfigurationError, match="INSTALLED"):
        find(world.alias)
    with override_settings(MIGRATION_MODULES={"wechatpay_chain": None}):
        call_command("migrate", run_syncdb=True, database=empty, verbosity=0)
        assert find(empty) == []
    project.remove_database(empty)
    for version, told in ((0, "python manage.py migrate"), (2, "newer than this package's 1")):
        with world.watching.begin() as connection:
            connection.execute(sa.text(f"UPDATE wechatpay_schema SET version = {version}"))
        with pytest.raises(ConfigurationError, match=told):
            find(world.alias)
    with world.watching.begin() as connection:
        connection.execute(sa.text("UPDATE wechatpay_schema SET version = 1"))
    flush = {"interactive": False, "inhibit_post_migrate": True, "verbosity": 0}
    call_command("flush", database=world.alias, **flush)
    assert find(world.alias) == []


def test_nothing_is_stored_in_a_transaction_that_may_be_rolled_back(world, inbox, keys):
    delivered = delivery(keys, paid("A1"))
    with (
        transaction.atomic(using=world.alias),
        pytest.raises(ConfigurationError, match="non_atomic_requests"),
    ):
        inbox.receive(*delivered)
    connections[world.alias].set_autocommit(False)
    try:
        with pytest.raises(ConfigurationError, match="autocommit is off"):
            inbox.receive(*delivered)
    finally:
        connections[world.alias].set_autocommit(True)
    assert world.rows() == []
    assert inbox.receive(*delivered).status == 204


def test_a_call_is_recorded_in_a_transaction_alone(world, keys):
    outbox = Outbox(world.engine, keys.client())
    asked = {
        "out_trade_no": "1",
        "out_refund_no": "R1",
        "amount": {"refund": 1, "total": 1, "currency": "CNY"},
    }
    call = ("POST", "v3/refund/domestic/refunds")
    with pytest.raises(ConfigurationError, match=f"atomic\\(using='{world.alias}'\\)"):
        outbox.call(None, *call, json=asked)
    with transaction.atomic(using=world.alias):
        with pytest.raises(ConfigurationError, match="session='other'"):
            outbox.call("other", *call, json=asked)
        number = outbox.call(None, *call, json=asked)
        assert outbox.call(world.alias, *call, json=asked) == number  # a duplicate ends nothing
        assert outbox.call(None, *call, json={**asked, "out_refund_no": "R2"}) != number
    assert len(world.rows("wechatpay_outbox")) == 2


def test_a_worker_sees_what_others_have_committed_since_it_began(server, keys):
    isolated = {
        "mariadb": {"isolation_level": "repeatable read"},
        "postgresql": {"options": "-c default_transaction_isolation=serializable"},
    }
    url = server.url.render_as_string(hide_password=False)
    alias = project.add_database(url, OPTIONS=isolated[server.name])
    inbox = Inbox(DjangoDatabase(alias), keys.client())
    counted = []

    def count(notice, session):
        for order in ("A1", "A2"):
            with connections[session].cursor() as cursor:
                cursor.execute("SELECT COUNT(*) FROM shop_effect")
                counted.append(cursor.fetchone()[0])
            with server.watching.begin() as connection:
                connection.execute(sa.insert(effects).values(order=order, amount=1))

    inbox.on("TRANSACTION.SUCCESS")(count)
    inbox.receive(*delivery(keys, paid("A1")))
    assert inbox.run_once() == 1
    assert counted == [0, 1]
    project.remove_database(alias)


def test_what_follows_a_commit_cannot_undo_it(world, inbox, keys):
    committed = []

    def fail():
        committed.extend(row["order"] for row in world.rows(effects))
        raise RuntimeError("after the commit")

    def book(notice, session):
        booking(session)(notice, session)
        transaction.on_commit(fail, using=session)

    inbox.on("TRANSACTION.SUCCESS")(book)
    inbox.receive(*delivery(keys, paid("A1")))
    inbox.run_once()
    assert committed == ["A1"]
    assert [row["state"] for row in world.rows()] == ["done"]
    assert inbox.run_once() == 0


def test_a_handler_that_goes_on_after_an_error_of_the_database_fails(world, inbox, keys):
    def careless(notice, session):
        booking(session)(notice, session)
        try:
            with connections[session].cursor() as cursor:
                cursor.execute("SELECT * FROM nothing")
        except Error:
            transaction.set_rollback(True, using=session)  # as Django does in atomic()

    inbox.on("TRANSACTION.SUCCESS")(careless)
    inbox.receive(*delivery(keys, paid("A1")))
    inbox.run_once(1)
    (row,) = world.rows()
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert "TransactionManagementError" in row["error"]
    assert world.rows(effects) == []


def test_it_works_in_a_test_case_of_djangos(world, keys):
    class Shop(TestCase):
        databases = frozenset({world.alias})

        def test_a_payment(self):
            inbox = Inbox(DjangoDatabase(world.alias), keys.client())
            inbox.on("TRANSACTION.SUCCESS")(booking(world.alias))
            assert inbox.receive(*delivery(keys, paid("A1"))).status == 204
            assert inbox.run_once() == 1
            assert [row["state"] for row in inbox.find()] == ["done"]

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Shop).run(result)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])
    assert world.rows() == []


def test_connections_that_the_server_closed_are_opened_again(server, inbox, keys):
    other = project.add_database(server.url.render_as_string(hide_password=False))

    def book(notice, session):
        booking(session)(notice, session)
        with connections[other].cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM shop_effect")

    inbox.on("TRANSACTION.SUCCESS")(book)
    assert inbox.receive(*delivery(keys, paid("A1"))).status == 204
    assert inbox.run_once() == 1
    drop_connections(server)
    assert inbox.receive(*delivery(keys, paid("A2"))).status == 503
    assert inbox.receive(*delivery(keys, paid("A2"))).status == 204
    assert inbox.run_once(1) == 1  # the handler's other connection is broken still
    assert inbox.run_once(1) == 1
    assert [row["order"] for row in server.rows(effects)] == ["A1", "A2"]
    project.remove_database(other)


def test_a_worker_outlives_its_connections(server, inbox, keys):
    stop, seen = threading.Event(), []

    def book(notice, session):
        seen.append(notice.resource["out_trade_no"])
        if len(seen) == 2:
            stop.set()

    def before():
        if seen and not waited:
            waited.append(True)
            drop_connections(server)
            inbox.receive(*delivery(keys, paid("A2")))
            inbox.receive(*delivery(keys, paid("A2")))

    waited = []
    inbox.on("TRANSACTION.SUCCESS")(book)
    inbox.receive(*delivery(keys, paid("A1")))
    inbox.run(poll=0.01, stop=stop, before=before)
    assert seen == ["A1", "A2"]


def test_two_workers_share_the_work(world, inbox, keys):
    orders = [f"A{number}" for number in range(20)]
    inbox.on("TRANSACTION.SUCCESS", key="out_trade_no")(booking(world.alias))
    for order in orders:
        inbox.receive(*delivery(keys, paid(order)))
    counts, barrier = [], threading.Barrier(2)

    def work():
        barrier.wait()
        while count := inbox.run_once(3):
            counts.append(count)
        connections[world.alias].close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 20
    assert sorted(row["order"] for row in world.rows(effects)) == sorted(orders)
    assert {row["attempts"] for row in world.rows()} == {1}


def count_connections(world):
    with world.watching.connect() as connection:
        return connection.execute(sa.text(COUNT[world.name])).scalar()


async def test_an_event_loop_needs_one_connection(server, inbox, keys):
    deliveries = [delivery(keys, paid(f"A{number}")) for number in range(20)]
    before = count_connections(server)
    replies = await asyncio.gather(*(inbox.receive_async(*each) for each in deliveries))
    assert {reply.status for reply in replies} == {204}
    assert count_connections(server) <= before + 1


async def test_a_request_leaves_no_connection_open(server, inbox, keys):
    app, before = get_asgi_application(), count_connections(server)
    scope = {"type": "http", "method": "POST", "path": "/notify", "query_string": b""}

    async def post(headers, body):
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        given, sent = [{"type": "http.request", "body": body}], []

        async def receive():
            return given.pop() if given else await asyncio.Event().wait()

        async def send(message):
            sent.append(message)

        await app({**scope, "headers": encoded}, receive, send)
        return sent[0]["status"]

    route = urls.path("notify", notify_async(inbox))
    with override_settings(ROOT_URLCONF=(route,)):
        deliveries = [delivery(keys, paid(f"A{number}")) for number in range(8)]
        replies = await asyncio.gather(*(post(*each) for each in deliveries))
    assert replies == [204] * 8
    assert len(server.rows()) == 8
    # A server ends a connection some time after its client has closed it.
    wait_until(lambda: count_connections(server) <= before)


async def test_a_worker_on_an_event_loop_is_cancelled(world, inbox, keys):
    loop, handled = asyncio.get_running_loop(), asyncio.Event()

    def book(notice, session):
        booking(session)(notice, session)
        loop.call_soon_threadsafe(handled.set)

    inbox.on("TRANSACTION.SUCCESS")(book)
    await inbox.receive_async(*delivery(keys, paid("A1")))
    worker = asyncio.create_task(inbox.run_async(poll=60))
    await handled.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert await inbox.run_once_async() == 0
    assert [row["order"] for row in world.rows(effects)] == ["A1"]


WITHOUT_SQLALCHEMY = """
import sys
sys.modules["sqlalchemy"] = None
from tests.contrib.django import project
project.configure()
alias = project.add_database(sys.argv[1])
project.migrate(alias)
from wechatpay_chain import WeChatPay
from wechatpay_chain.contrib.django import DjangoDatabase
from wechatpay_chain.durable import Inbox
inbox = Inbox(DjangoDatabase(alias), WeChatPay(mchid="1900000109", secret="0" * 32))
assert inbox.receive({}, b"<xml></xml>").status == 401
assert inbox.run_once() == 0
"""


def test_sqlalchemy_is_not_needed(tmp_path):
    command = [sys.executable, "-c", WITHOUT_SQLALCHEMY, f"sqlite:///{tmp_path}/shop.db"]
    subprocess.run(command, check=True)
