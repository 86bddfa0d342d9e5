"""Runs steps in Django transactions, on the connection of the thread.

As in `durable.databases.engines`, and for the same reasons, transactions are READ COMMITTED on
PostgreSQL, MySQL and MariaDB; on SQLite they acquire the write lock before they read.

Django has one connection per thread and alias. An event loop therefore calls through
`sync_to_async` in Django's thread-sensitive thread, because Django opens and closes the connections
of that thread with a request. Connections of pool threads would never be closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction

from ...durable.drivers import called, drive
from ...durable.operations import AfterCommit, Effect, Steps
from ...flow import Call
from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .querysets import perform
from .schema import assert_current

__all__ = ["DjangoDatabase"]

T = TypeVar("T")
ISOLATION = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
NOTHING = "UPDATE wechatpay_inbox SET attempts = attempts WHERE id < 0"
"""Changes nothing, but acquires SQLite's write lock."""


class DjangoDatabase:
    """One of Django's `DATABASES`, for `Inbox`, `Outbox` and `Sweeper`.

    The session of handlers is the alias, inside `transaction.atomic(using=alias)`. Handlers must be
    plain functions, because Django's transactions are sync.

    Args:
        alias: the alias of a SQLite, PostgreSQL, MySQL or MariaDB database.

    Raises:
        ConfigurationError: the alias does not exist, or its database is not supported.
    """

    is_async = False
    errors = (Error,)

    def __init__(self, alias: str = DEFAULT_DB_ALIAS) -> None:
        if alias not in connections:
            raise ConfigurationError(
                _(
                    "alias={represented}: settings.DATABASES has {connections}",
                    represented=represented(alias),
                    connections=", ".join(connections),
                )
            )
        vendor = connections[alias].vendor
        if vendor not in ("sqlite", "postgresql", "mysql"):
            raise ConfigurationError(
                _(
                    "the database {alias!r} is {vendor!r}: SQLite, PostgreSQL, MySQL and MariaDB "
                    "are supported",
                    alias=alias,
                    vendor=vendor,
                )
            )
        self.alias = alias
        self._is_checked = False

    def __repr__(self) -> str:
        return f"<DjangoDatabase {self.alias}>"

    def transact(self, steps: Callable[[Any], Steps[T]], /) -> T:
        """Run steps in a separate transaction, and commit it.

        Raises:
            ConfigurationError: a transaction is open, so nothing could be committed here; or the
                table version does not match this package.
        """
        _close_broken()
        connection = connections[self.alias]
        is_outermost = not connection.in_atomic_block  # False in Django's TestCase
        if is_outermost and not connection.get_autocommit():
            raise ConfigurationError(
                _(
                    "autocommit is off for the database {alias!r}, so the rows would not be "
                    "committed: set AUTOCOMMIT to True",
                    alias=self.alias,
                )
            )
        if not self._is_checked:
            assert_current(connection)
            self._is_checked = True
        with ExitStack() as stack:
            try:
                stack.enter_context(transaction.atomic(using=self.alias, durable=True))
            except RuntimeError as error:
                raise ConfigurationError(
                    _(
                        "a transaction is open, but this row must be committed first: call this "
                        "outside transaction.atomic(), or with ATOMIC_REQUESTS in a view with "
                        "@transaction.non_atomic_requests"
                    )
                ) from error
            if is_outermost and connection.vendor != "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute(ISOLATION)
            return self.within(self.alias, steps(self.alias))

    def within(self, session: Any, steps: Steps[T], /) -> T:
        """Run steps in the caller's `transaction.atomic()` block.

        Args:
            session: the alias of this database, or None.
            steps: the steps.

        Raises:
            ConfigurationError: there is no such block, or it belongs to another database.
        """
        connection = connections[self.alias]
        if session not in (None, self.alias):
            steps.close()
            raise ConfigurationError(
                _(
                    "session={represented}: expected the alias {alias!r} or None",
                    represented=represented(session),
                    alias=self.alias,
                )
            )
        if not connection.in_atomic_block:
            steps.close()
            raise ConfigurationError(
                _(
                    "there is no transaction: call this inside transaction.atomic(using={alias!r})",
                    alias=self.alias,
                )
            )
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(NOTHING)

        def performed(effect: Effect) -> Any:
            if isinstance(effect, Call):
                return called(effect)
            if isinstance(effect, AfterCommit):
                function = partial(effect.function, *effect.args)
                return transaction.on_commit(function, using=self.alias)
            return perform(effect, self.alias)

        return drive(steps, performed)

    def dispose(self) -> None:
        """Close the thread's connection."""
        connections[self.alias].close()

    def to_thread(self, function: Callable[..., T], /, *args: Any) -> Awaitable[T]:
        """Run a function in the thread with Django's connections."""
        outcome: Awaitable[T] = sync_to_async(function, thread_sensitive=True)(*args)
        return outcome


def _close_broken() -> None:
    """Close the thread's connections that the database has closed; the next query opens new ones.

    Django does so at the beginning of a request, which a worker does not have. Connections of other
    aliases are included, because a handler may use them.
    """
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred and not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
