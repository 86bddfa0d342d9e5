"""The supported databases of the durable package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.secret import Secret, reveal
from ...utils.translation import _

if TYPE_CHECKING:
    from ..operations import Database

__all__ = ["database_of", "hide_url"]


def hide_url(engine: Any) -> Any:
    """Hide a database URL passed instead of an engine, because it may contain a password."""
    return Secret(engine) if isinstance(engine, str) else engine


def database_of(engine: Any) -> Database:
    """Return the object that runs steps on an engine.

    Args:
        engine: a sync or async SQLAlchemy engine; or a `Database`, such as Django's.

    Raises:
        ConfigurationError: the value is something else, or its database is not supported.
    """
    if hasattr(engine, "transact") and hasattr(engine, "within"):
        database: Database = engine
        return database
    try:
        import sqlalchemy as sa
        from sqlalchemy.ext.asyncio import AsyncEngine
    except ImportError:
        raise ConfigurationError(
            _("SQLAlchemy is not installed: pip install 'wechatpay-chain[durable]'")
        ) from None
    from .engines import AsyncEngineDatabase, EngineDatabase

    if isinstance(engine, AsyncEngine):
        return AsyncEngineDatabase(engine)
    if isinstance(engine, sa.Engine):
        return EngineDatabase(engine)
    raise ConfigurationError(
        _(
            "engine is of type {type}: expected the result of create_engine or create_async_engine",
            type=type(reveal(engine)).__name__,
        )
    )
