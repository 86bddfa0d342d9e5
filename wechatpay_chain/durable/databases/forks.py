"""Makes engines safe in a process that forks: a child does not use the parent's connections.

The workers of Celery and gunicorn fork after the application was imported. Statements of both
processes would mix on a shared connection.
"""

from __future__ import annotations

import os
import weakref

import sqlalchemy as sa
from sqlalchemy.pool import SingletonThreadPool, StaticPool

__all__ = ["left_to_parent"]

KEEPING = (SingletonThreadPool, StaticPool)
"""Pools with a connection that is itself the database, for SQLite in memory."""

_engines: weakref.WeakSet[sa.Engine] = weakref.WeakSet()


def left_to_parent(engine: sa.Engine) -> None:
    """Let a forked child start with new connections.

    Args:
        engine: a sync engine, or the sync engine of an async one.
    """
    _engines.add(engine)


def _in_child() -> None:
    for engine in list(_engines):
        if not isinstance(engine.pool, KEEPING):
            engine.dispose(close=False)


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_in_child)
