"""A database with our tables and a shop's, for tests that hold for every kind of engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

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
KINDS = [f"{name}-{mode}" for name in DRIVERS for mode in ("sync", "async", "django")]

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
        self.name = name
        self.is_async = is_async
        self.url = sa.make_url(url)
        sync_driver = self.url.set(drivername=DRIVERS[name][0])
        self.watching = sa.create_engine(sync_driver, poolclass=NullPool)
        self.engine = self._engine()

    def _engine(self) -> Any:
        sync_driver, async_driver = DRIVERS[self.name]
        if self.is_async:
            url = self.url.set(drivername=async_driver)
            return create_async_engine(url, poolclass=NullPool)
        return sa.create_engine(self.url.set(drivername=sync_driver))

    def at(self, url: str) -> Self:
        """The same kind of engine for another database."""
        return type(self)(self.name, url, is_async=self.is_async)

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
            return lambda notice, session: self._handle(function, notice, session)

        async def handle(notice: Any, session: Any) -> None:
            await function(notice, session.execute)

        return handle

    def _handle(self, function: Any, notice: Any, session: Any) -> None:
        async def execute(statement: Any) -> Any:
            return self.execute(session, statement)

        coroutine = function(notice, execute)
        try:
            coroutine.send(None)
        except StopIteration:
            return
        raise AssertionError("a sync handler must not wait")

    def execute(self, session: Any, statement: sa.Executable) -> Any:
        """Execute a statement in the transaction of a sync session."""
        return session.execute(statement)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A transaction of the shop's, which is committed at the end of the block."""
        if self.is_async:
            async with self.engine.begin() as connection:
                yield connection
        else:
            with self.engine.begin() as connection:
                yield connection

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
