"""PostgreSQL, MariaDB, Redis and RabbitMQ, for the tests that take one as a fixture.

Each server is where its environment variable says, else on the standard port of this machine if it
responds there. Where it does not, the test is skipped; it fails where the variable is set, and with
`SERVICES_TEST=required`. `SERVICES_TEST=skip` skips all such tests. On Debian, `.ci/services`
installs and starts all four.
"""

from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest


@dataclass(frozen=True)
class Server:
    """A server that tests may need.

    Attributes:
        name: as people know it.
        variable: the environment variable with its URL.
        default: its URL where the variable is not set.
        connect: opens a connection to a URL, or raises.
    """

    name: str
    variable: str
    default: str
    connect: Callable[[str], Any]

    @property
    def url(self) -> str:
        return os.environ.get(self.variable) or self.default

    @property
    def required(self) -> bool:
        return self.variable in os.environ or os.environ.get("SERVICES_TEST") == "required"

    def require(self) -> None:
        """Skip the test, or fail it, where the server is missing."""
        if os.environ.get("SERVICES_TEST") == "skip":
            pytest.skip("SERVICES_TEST=skip leaves the servers out")
        problem = _problem(self.connect, self.url)
        if problem:
            address = urlsplit(self.url).netloc.rpartition("@")[2]  # without a password
            give_up = pytest.fail if self.required else pytest.skip
            give_up(f"no {self.name} on {address} ({self.variable}): {problem}")


@functools.cache
def _problem(connect: Callable[[str], Any], url: str) -> str:
    """Why a server does not serve; empty if it does. Asked once a process."""
    try:
        connect(url).close()
    except Exception as error:  # noqa: BLE001 - each driver has its own tree of exceptions
        return f"{type(error).__name__}: {error}"
    return ""


def _postgres(url: str) -> Any:
    import psycopg

    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def _mariadb(url: str) -> Any:
    import pymysql

    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=parts.path.strip("/"),
        autocommit=True,
        connect_timeout=5,
        init_command="SET lock_wait_timeout = 10",  # of DROP DATABASE, for what a test left open
    )


def _redis(url: str) -> Any:
    import redis

    client = redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
    try:
        client.ping()
    except redis.RedisError:
        client.close()
        raise
    return client


def _rabbitmq(url: str) -> Any:
    import kombu

    connection = kombu.Connection(url, connect_timeout=5)
    try:
        connection.connect()
    except Exception:
        connection.release()
        raise
    return connection


POSTGRES = Server(
    "PostgreSQL",
    "WECHATPAY_TEST_POSTGRES",
    "postgresql://postgres@127.0.0.1:5432/test",
    _postgres,
)
MARIADB = Server(
    "MariaDB", "WECHATPAY_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/test", _mariadb
)
REDIS = Server("Redis", "WECHATPAY_TEST_REDIS", "redis://127.0.0.1:6379/0", _redis)
RABBITMQ = Server(
    "RabbitMQ", "WECHATPAY_TEST_AMQP", "amqp://guest:guest@127.0.0.1:5672//", _rabbitmq
)


@dataclass(frozen=True)
class Database:
    """A database of one test's own, empty at first.

    Attributes:
        url: without a driver: `postgresql://…`, `mariadb://…`.
    """

    url: str

    def with_driver(self, driver: str) -> str:
        """The URL for SQLAlchemy's `create_engine`: `postgresql+psycopg://…`."""
        scheme, rest = self.url.split(":", 1)
        return f"{scheme}+{driver}:{rest}"


@dataclass(frozen=True)
class Namespace:
    """A name that one test has for itself on a server that serves others at the same time.

    Attributes:
        url: of the server.
        name: what the test calls its own.
    """

    url: str
    name: str


@contextmanager
def own_database(server: Server) -> Iterator[Database]:
    """A new database, dropped at the end with whatever is connected to it."""
    server.require()
    name = f"test_{secrets.token_hex(8)}"
    force = " WITH (FORCE)" if server is POSTGRES else ""
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield Database(urlsplit(server.url)._replace(path=f"/{name}").geturl())
    finally:
        _execute(server, f"DROP DATABASE {name}{force}")


def _execute(server: Server, statement: str) -> None:
    with closing(server.connect(server.url)) as connection:
        connection.cursor().execute(statement)


@pytest.fixture
def postgres() -> Iterator[Database]:
    with own_database(POSTGRES) as database:
        yield database


@pytest.fixture
def mariadb() -> Iterator[Database]:
    with own_database(MARIADB) as database:
        yield database


@contextmanager
def own_keys() -> Iterator[Namespace]:
    """A prefix for keys in Redis; those that begin with it are deleted at the end."""
    REDIS.require()
    namespace = Namespace(REDIS.url, f"test:{secrets.token_hex(8)}:")
    try:
        yield namespace
    finally:
        with closing(REDIS.connect(REDIS.url)) as client:
            for key in client.scan_iter(f"{namespace.name}*"):
                client.delete(key)


@pytest.fixture
def redis_server() -> Iterator[Namespace]:
    with own_keys() as namespace:
        yield namespace


@pytest.fixture
def rabbitmq() -> Iterator[Namespace]:
    """The queue and the exchange of this name are deleted after the test."""
    RABBITMQ.require()
    namespace = Namespace(RABBITMQ.url, f"test.{secrets.token_hex(8)}")
    yield namespace
    with closing(RABBITMQ.connect(RABBITMQ.url)) as connection:
        channel = connection.channel()
        channel.queue_delete(namespace.name)
        channel.exchange_delete(namespace.name)
