"""The tables are made, and their version is checked before they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .tables import metadata, schema
from .version import SCHEMA_VERSION, assert_version

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["assert_current", "create_tables", "create_tables_async"]


def create_tables(engine: sa.Engine, *own: sa.MetaData) -> None:
    """Create the tables that are missing; those that are there stay as they are.

    Args:
        engine: of `sqlalchemy.create_engine`.
        own: tables of yours, which are created in the same transaction.
    """
    with engine.begin() as connection:
        _create(connection, *own)


async def create_tables_async(engine: AsyncEngine, *own: sa.MetaData) -> None:
    """The same on an async engine."""
    async with engine.begin() as connection:
        await connection.run_sync(_create, *own)


def _create(connection: sa.Connection, *own: sa.MetaData) -> None:
    for each in (metadata, *own):
        each.create_all(connection)
    if not connection.execute(sa.select(schema.c.version)).all():
        connection.execute(sa.insert(schema).values(version=SCHEMA_VERSION))


def assert_current(connection: sa.Connection) -> None:
    """Check that the tables are those of this version of the package.

    Raises:
        ConfigurationError: they are missing, or of another version.
    """
    if not sa.inspect(connection).has_table(schema.name):
        raise ConfigurationError(
            _(
                "the database has no tables of wechatpay_chain: call "
                "durable.create_tables(engine), or add durable.metadata to your migrations"
            )
        )
    found = connection.execute(sa.select(sa.func.max(schema.c.version))).scalar()
    connection.rollback()  # what follows begins a transaction of its own
    assert_version(
        found,
        f"run the migrations from {found} to {SCHEMA_VERSION}, which CHANGELOG.md lists",
    )
