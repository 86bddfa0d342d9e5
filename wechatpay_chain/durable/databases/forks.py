"""Engines in a process that forks: a child leaves the parent's connections alone.

Celery's workers and gunicorn's fork after the application was imported. A connection that both
sides use carries the statements of both.
"""

from __future__ import annotations

import os
import weakref

import sqlalchemy as sa
from sqlalchemy.pool import SingletonThreadPool, StaticPool

__all__ = ["left_to_parent"]

KEEPING = (SingletonThreadPool, StaticPool)
"""Pools whose connection is the database itself, of SQLite in memory."""

_engines: weakref.WeakSet[sa.Engine] = weakref.WeakSet()


def left_to_parent(engine: sa.Engine) -> None:
    """Have a forked child begin with connections of its own.

    Args:
        engine: sync, or what an async one is made of.
    """
    _engines.add(engine)


def _in_child() -> None:
    for engine in list(_engines):
        if not isinstance(engine.pool, KEEPING):
            engine.dispose(close=False)


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_in_child)
