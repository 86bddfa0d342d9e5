"""The databases that the durable parts run on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.secret import Secret, reveal
from ...utils.translation import _

if TYPE_CHECKING:
    from ..operations import Database

__all__ = ["database_of", "hide_url"]


def hide_url(engine: Any) -> Any:
    """An engine as it is; the address of a database, given in its place, may have a password."""
    return Secret(engine) if isinstance(engine, str) else engine


def database_of(engine: Any) -> Database:
    """What runs steps on an engine.

    Args:
        engine: SQLAlchemy's, sync or async; or a `Database`, such as Django's.

    Raises:
        ConfigurationError: it is something else, or its database is not supported.
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
            "engine is of type {type}: what create_engine or create_async_engine returns is "
            "expected",
            type=type(reveal(engine)).__name__,
        )
    )
