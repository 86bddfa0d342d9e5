"""The servers that tests take as fixtures: what each test has for itself, and what is missing."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace

import kombu
import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from tests import services

DRIVERS = [
    (services.POSTGRES, "psycopg", "asyncpg"),
    (services.MARIADB, "pymysql", "asyncmy"),
]
TABLE = sa.Table(
    "delivery",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("n", sa.Text),
)
FREE = sa.select(TABLE.c.n).with_for_update(skip_locked=True)


@pytest.mark.parametrize(
    ("server", "sync", "asynchronous"), DRIVERS, ids=[each[0].name for each in DRIVERS]
)
def test_a_database_serves_both_drivers_and_is_dropped(server, sync, asynchronous):
    async def free(url):
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            found = (await connection.execute(FREE)).scalars().all()
        await engine.dispose()
        return found

    with services.own_database(server) as database, services.own_database(server) as other:
        assert database != other
        engine = sa.create_engine(database.with_driver(sync))
        TABLE.create(engine)
        with engine.begin() as connection:
            connection.execute(sa.insert(TABLE), [{"n": "付款"}, {"n": "退款"}])
        with engine.begin() as connection:
            assert connection.execute(FREE.limit(1)).scalars().all() == ["付款"]
            assert asyncio.run(free(database.with_driver(asynchronous))) == ["退款"]
        engine.dispose()
    with closing(server.connect(server.url)) as connection:
        names = "SELECT datname FROM pg_database" if sync == "psycopg" else "SHOW DATABASES"
        cursor = connection.cursor()
        cursor.execute(names)
        assert (database.url.rsplit("/", 1)[1],) not in cursor.fetchall()


def test_redis_gives_a_name_of_ones_own(redis_server):
    with closing(redis.Redis.from_url(redis_server.url)) as client:
        assert client.set(f"{redis_server.name}key", "value")
        assert client.keys(f"{redis_server.name}*") == [f"{redis_server.name}key".encode()]


def test_rabbitmq_gives_a_queue_of_ones_own(rabbitmq):
    with kombu.Connection(rabbitmq.url) as connection:
        queue = connection.SimpleQueue(rabbitmq.name)
        queue.put({"id": "EV-1"})
        message = queue.get(timeout=10)
        message.ack()
        queue.close()
    assert message.payload == {"id": "EV-1"}


@pytest.mark.parametrize("server", [services.POSTGRES, services.REDIS], ids=["postgres", "redis"])
def test_a_missing_server_skips_or_fails(server, unused_tcp_port, monkeypatch):
    monkeypatch.delenv(server.variable, raising=False)
    monkeypatch.delenv("SERVICES_TEST", raising=False)
    address = f"127.0.0.1:{unused_tcp_port}"
    url = f"{server.default.split(':')[0]}://me:secret@{address}/1"
    missing = replace(server, default=url)
    with pytest.raises(pytest.skip.Exception, match=f"no {server.name} on {address} "):
        missing.require()
    monkeypatch.setenv("SERVICES_TEST", "skip")
    with pytest.raises(pytest.skip.Exception, match="SERVICES_TEST=skip"):
        missing.require()
    monkeypatch.setenv("SERVICES_TEST", "required")
    with pytest.raises(pytest.fail.Exception, match=address) as caught:
        missing.require()
    assert "secret" not in str(caught.value)
    monkeypatch.delenv("SERVICES_TEST")
    monkeypatch.setenv(server.variable, url)
    with pytest.raises(pytest.fail.Exception, match=server.variable):
        server.require()
