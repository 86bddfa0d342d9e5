"""A database with our tables and a shop's, sync or async, for tests of both in one form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from wechatpay_chain.durable import metadata
from wechatpay_chain.durable.databases import schema

DRIVERS = {
    "sqlite": ("sqlite", "sqlite+aiosqlite"),
    "postgresql": ("postgresql+psycopg", "postgresql+asyncpg"),
    "mariadb": ("mysql+pymysql", "mysql+asyncmy"),
}
KINDS = [f"{name}-{mode}" for name in DRIVERS for mode in ("sync", "async")]

effects = sa.Table(
    "shop_effect",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("order", sa.String(64), nullable=False),
    sa.Column("amount", sa.Integer, nullable=False),
)


class World:
    """An engine, and what tests do with it.

    Args:
        name: of the database system.
        url: of the database.
        is_async: whether the engine is async.
    """

    def __init__(self, name: str, url: str, *, is_async: bool) -> None:
        sync_driver, async_driver = DRIVERS[name]
        self.name = name
        self.is_async = is_async
        self.url = sa.make_url(url)
        self.watching = sa.create_engine(self.url.set(drivername=sync_driver), poolclass=NullPool)
        self.engine: Any = (
            create_async_engine(self.url.set(drivername=async_driver), poolclass=NullPool)
            if is_async
            else sa.create_engine(self.url.set(drivername=sync_driver))
        )

    def create(self) -> None:
        schema.create_tables(self.watching)
        effects.metadata.create_all(self.watching)

    def empty(self) -> None:
        with self.watching.begin() as connection:
            for table in (*metadata.sorted_tables, effects):
                if table.name != "wechatpay_schema":
                    connection.execute(sa.delete(table))

    def close(self) -> None:
        if not self.is_async:
            self.engine.dispose()
        self.watching.dispose()

    async def call(self, method: Any, *arguments: Any, **options: Any) -> Any:
        """Call a method, or its async form on an async engine."""
        if not self.is_async:
            return method(*arguments, **options)
        return await getattr(method.__self__, f"{method.__name__}_async")(*arguments, **options)

    def handler(self, function: Any) -> Any:
        """A handler that works on either engine; `function` gets the notice and an `execute`."""
        if not self.is_async:
            return lambda notice, session: _sync(function, notice, session)

        async def handle(notice: Any, session: Any) -> None:
            await function(notice, session.execute)

        return handle

    def rows(self, table: sa.Table | str = "wechatpay_inbox") -> list[dict[str, Any]]:
        """All rows, as another connection sees them."""
        found = metadata.tables[table] if isinstance(table, str) else table
        with self.watching.connect() as connection:
            return [dict(row) for row in connection.execute(sa.select(found)).mappings()]

    @contextmanager
    def locked(self, statement: sa.Executable) -> Iterator[sa.Connection]:
        """Another transaction that has done something, until the block ends."""
        with self.watching.connect() as connection:
            # MariaDB locks gaps between rows too, unless it is told to read what is committed.
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                connection.execute(statement)
                yield connection


def _sync(function: Any, notice: Any, session: Any) -> None:
    async def execute(statement: Any) -> Any:
        return session.execute(statement)

    coroutine = function(notice, execute)
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("a sync handler must not wait")
