"""Creates the tables, and checks their version before use."""

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
    """Create the missing tables; existing tables stay unchanged.

    Args:
        engine: an engine from `sqlalchemy.create_engine`.
        own: metadata of your own tables, which are created in the same transaction.
    """
    with engine.begin() as connection:
        _create(connection, *own)


async def create_tables_async(engine: AsyncEngine, *own: sa.MetaData) -> None:
    """Async variant of `create_tables`, for an async engine."""
    async with engine.begin() as connection:
        await connection.run_sync(_create, *own)


def _create(connection: sa.Connection, *own: sa.MetaData) -> None:
    for each in (metadata, *own):
        each.create_all(connection)
    if not connection.execute(sa.select(schema.c.version)).all():
        connection.execute(sa.insert(schema).values(version=SCHEMA_VERSION))


def assert_current(connection: sa.Connection) -> None:
    """Check that the table version matches this package.

    Raises:
        ConfigurationError: the tables are missing, or have another version.
    """
    if not sa.inspect(connection).has_table(schema.name):
        raise ConfigurationError(
            _(
                "the database has no tables of wechatpay_chain: call "
                "durable.create_tables(engine), or add durable.metadata to your migrations"
            )
        )
    found = connection.execute(sa.select(sa.func.max(schema.c.version))).scalar()
    connection.rollback()  # the next operation begins a separate transaction
    assert_version(
        found,
        _(
            "run the migrations from {found} to {version}, which CHANGELOG.md lists",
            found=found,
            version=SCHEMA_VERSION,
        ),
    )
