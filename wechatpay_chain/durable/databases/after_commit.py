"""Calls functions after a user's transaction is committed.

SQLAlchemy reports a commit before it happens. The functions are therefore called when the
connection returns to the pool, which is immediately after the commit for an ORM session and for
`engine.begin()`; or when the connection begins its next transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy import event

__all__ = ["after_commit"]

KEY = "wechatpay_chain after commit"
_pools: WeakSet[sa.Pool] = WeakSet()
"""Pools that report the return of a connection."""


def after_commit(connection: sa.Connection, function: Callable[..., Any], args: Any) -> None:
    """Call a function after the transaction of a connection is committed.

    A function registered more than once in a transaction is called once, with the last arguments.
    It must not raise. It is not called if the transaction is rolled back. It is called if only the
    savepoint in which it was registered is rolled back, because SQLAlchemy does not report which
    savepoint that is.

    Args:
        connection: a connection with a transaction.
        function: the function.
        args: its arguments.
    """
    watched = connection.info.get(KEY)
    if watched is None or watched.connection is not connection:
        watched = connection.info[KEY] = _Watched(connection)
    watched.waiting[function] = args


class _Watched:
    """A connection until it returns to its pool.

    Attributes:
        connection: the connection.
        waiting: functions to call after the commit, with their arguments.
        committed: functions to call now, with their arguments.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.waiting: dict[Callable[..., Any], Any] = {}
        self.committed: dict[Callable[..., Any], Any] = {}
        for name in ("commit", "rollback", "begin"):
            event.listen(connection, name, getattr(self, f"_{name}"))
            event.listen(connection, f"{name}_twophase", getattr(self, f"_{name}"))
        pool = connection.engine.pool
        if pool not in _pools:
            event.listen(pool, "checkin", _checkin)
            _pools.add(pool)

    def call(self) -> None:
        committed, self.committed = self.committed, {}
        for function, args in committed.items():
            function(*args)

    def _commit(self, *_: Any) -> None:
        self.committed.update(self.waiting)
        self.waiting.clear()

    def _rollback(self, *_: Any) -> None:
        self.waiting.clear()

    def _begin(self, *_: Any) -> None:
        self.call()


def _checkin(_: Any, record: Any) -> None:
    watched = record.info.pop(KEY, None)
    if watched is not None:
        watched.call()
