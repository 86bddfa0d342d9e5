"""Runs steps on sync and async SQLAlchemy engines.

Transactions are READ COMMITTED on PostgreSQL, MySQL and MariaDB, whatever the engine's default is:
a worker must see what others have committed since it began. On SQLite they are BEGIN IMMEDIATE, so
two writers wait for each other, and none fails because it has read before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ...flow import Call
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..drivers import called, called_async, drive, drive_async
from ..operations import AfterCommit, Effect, Insert, Steps
from .after_commit import after_commit
from .forks import left_to_parent
from .schema import assert_current
from .statements import outcome, statement

__all__ = ["AsyncEngineDatabase", "EngineDatabase"]

T = TypeVar("T")
DUPLICATE_ENTRY = 1062
"""MySQL's error number."""
ISOLATION = "READ COMMITTED"
NOTHING = "UPDATE wechatpay_schema SET version = version WHERE version < 0"
"""Changes nothing, but acquires SQLite's write lock."""


class EngineDatabase:
    """Runs steps on a sync engine.

    Args:
        engine: an engine from `sqlalchemy.create_engine`.
    """

    is_async = False
    errors = (SQLAlchemyError,)

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._is_sqlite = is_sqlite(engine.dialect)
        self._is_checked = False
        left_to_parent(engine)

    def transact(self, steps: Callable[[Any], Steps[T]], /) -> T:
        """Run steps in a separate transaction, and commit it."""
        with self._engine.connect() as connection:
            if not self._is_checked:
                assert_current(connection)
                self._is_checked = True
            if not self._is_sqlite:
                connection = connection.execution_options(isolation_level=ISOLATION)
            with connection.begin():
                return self.within(connection, steps(connection))

    def within(self, session: Any, steps: Steps[T], /) -> T:
        """Run steps in the transaction of a connection or an ORM session."""
        connection = session if isinstance(session, sa.Connection) else session.connection()
        if self._is_sqlite:
            connection.exec_driver_sql(begin(connection.connection.driver_connection))

        def perform(effect: Effect) -> Any:
            if isinstance(effect, Call):
                return called(effect)
            if isinstance(effect, AfterCommit):
                return after_commit(connection, effect.function, effect.args)
            sql, parameters = statement(effect, connection.dialect.name)
            try:
                return outcome(effect, connection.execute(sql, parameters))
            except IntegrityError as error:
                if isinstance(effect, Insert) and is_duplicate(error):
                    return None
                raise

        return drive(steps, perform)

    def dispose(self) -> None:
        """Close the connections in the engine's pool."""
        self._engine.dispose()

    def to_thread(self, function: Callable[..., T], /, *args: Any) -> Awaitable[T]:
        """Run a function in a thread of the event loop; the engine's pool works in any thread."""
        import asyncio  # already loaded by the running loop

        return asyncio.to_thread(function, *args)


class AsyncEngineDatabase:
    """Runs steps on an async engine.

    Args:
        engine: an engine from `sqlalchemy.ext.asyncio.create_async_engine`.
    """

    is_async = True
    errors = (SQLAlchemyError, OSError)  # asyncpg raises an OSError if it cannot connect

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._is_sqlite = is_sqlite(engine.dialect)
        self._is_checked = False
        left_to_parent(engine.sync_engine)

    async def transact(self, steps: Callable[[Any], Steps[T]], /) -> T:
        """Run steps in a separate transaction, and commit it."""
        async with self._engine.connect() as connection:
            if not self._is_checked:
                await connection.run_sync(assert_current)
                self._is_checked = True
            if not self._is_sqlite:
                await connection.execution_options(isolation_level=ISOLATION)
            async with connection.begin():
                return await self.within(connection, steps(connection))

    async def within(self, session: Any, steps: Steps[T], /) -> T:
        """Run steps in the transaction of an async connection or an async ORM session."""
        from sqlalchemy.ext.asyncio import AsyncConnection

        is_connection = isinstance(session, AsyncConnection)
        connection = session if is_connection else await session.connection()
        if self._is_sqlite:
            raw = await connection.get_raw_connection()
            await connection.exec_driver_sql(begin(raw.driver_connection))

        async def perform(effect: Effect) -> Any:
            if isinstance(effect, Call):
                return await called_async(effect)
            if isinstance(effect, AfterCommit):
                return after_commit(connection.sync_connection, effect.function, effect.args)
            sql, parameters = statement(effect, connection.dialect.name)
            try:
                return outcome(effect, await connection.execute(sql, parameters))
            except IntegrityError as error:
                if isinstance(effect, Insert) and is_duplicate(error):
                    return None
                raise

        return await drive_async(steps, perform)

    async def dispose(self) -> None:
        """Close the connections in the engine's pool, which belong to one event loop."""
        await self._engine.dispose()


def is_sqlite(dialect: sa.Dialect) -> bool:
    """Return whether an engine uses SQLite.

    Raises:
        ConfigurationError: its database is not supported.
    """
    if dialect.name not in ("sqlite", "postgresql", "mysql", "mariadb"):
        raise ConfigurationError(
            _(
                "the engine's dialect is {name!r}: SQLite, PostgreSQL, MySQL and MariaDB are "
                "supported",
                name=dialect.name,
            )
        )
    return dialect.name == "sqlite"


def is_duplicate(error: IntegrityError) -> bool:
    """Return whether an error of MySQL or MariaDB means that a unique value already exists."""
    return error.orig is not None and error.orig.args[:1] == (DUPLICATE_ENTRY,)


def begin(driver_connection: Any) -> str:
    """Return the statement that acquires SQLite's write lock, in or outside a transaction."""
    return NOTHING if driver_connection.in_transaction else "BEGIN IMMEDIATE"
