"""The database operations of the durable package's rules, and their interface.

A rule is a generator, like a middleware: it yields operations on rows, receives their outcomes, and
never accesses a database itself. The same rule therefore runs on SQLAlchemy's sync and async
engines and on Django's ORM. There are two kinds of rules:

* `Steps` run inside one transaction. They yield operations on rows, `Call` for a user function with
  effects in the same transaction, and `AfterCommit` for actions after it.
* A `Job` is the rule of a method such as `Inbox.receive`. It yields `Transaction` for steps that
  are committed together, and `Call` for actions between two transactions, such as a request to
  WeChat Pay.

`row = yield from Claim(…)` yields the operation, and has the type of its outcome.

Times in rows are milliseconds since 1970-01-01 UTC, which all databases compare in the same way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, Self, TypeAlias, TypeVar

from ..flow import Call

__all__ = [
    "AfterCommit",
    "BlockingDatabase",
    "Claim",
    "Count",
    "Database",
    "Effect",
    "Find",
    "Insert",
    "Job",
    "Lock",
    "Operation",
    "Row",
    "State",
    "Steps",
    "Table",
    "Transaction",
    "Update",
    "Worked",
]

T = TypeVar("T")
Row: TypeAlias = Mapping[str, Any]
"""A row by column names; see `databases.tables`."""
Table: TypeAlias = Literal["inbox", "outbox", "watch"]
State: TypeAlias = Literal["pending", "done", "dead"]


class Asked(Generic[T]):
    """An effect of a rule, with the type of its outcome."""

    __slots__ = ()

    def __iter__(self) -> Generator[Self, Any, T]:
        outcome: T = yield self
        return outcome


@dataclass(frozen=True, slots=True)
class Insert(Asked[int | None]):
    """Insert a row; the outcome is its id, or None if one of its unique values exists."""

    table: Table
    values: Row


@dataclass(frozen=True, slots=True)
class Claim(Asked[Row | None]):
    """Lock the row that has been due longest until the transaction ends; None if none is due.

    Rows locked by another transaction are skipped. Of rows with the same `ordering_key`, only the
    one that occurred first is claimed.

    Attributes:
        now: milliseconds; a row is due when its `due_at` is reached.
        only: the permitted values of columns.
        without: ordering keys to skip.
    """

    table: Table
    now: int
    only: Mapping[str, Collection[Any]] = field(default_factory=dict)
    without: Collection[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Lock(Asked[int]):
    """Lock the pending rows with an ordering key; the outcome is the number of locked rows."""

    table: Table
    mchid: str
    ordering_key: str


@dataclass(frozen=True, slots=True)
class Update(Asked[bool]):
    """Change a row by its id; the outcome is whether it existed with the expected values."""

    table: Table
    id: int
    values: Row
    expected: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Find(Asked[list[Row]]):
    """Return the rows with the given column values, ordered by id.

    Attributes:
        newest: return the last rows, newest first.
    """

    table: Table
    equal: Row = field(default_factory=dict)
    limit: int = 100
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Count(Asked[Mapping[str, int]]):
    """Return the number of rows with the given column values in each state."""

    table: Table
    equal: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AfterCommit(Asked[None]):
    """Call a function after the transaction is committed, but not if it is rolled back.

    Attributes:
        function: must not raise; several calls in one transaction may be combined into one.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]


Operation: TypeAlias = Insert | Claim | Lock | Update | Find | Count
Effect: TypeAlias = Operation | AfterCommit | Call
Steps: TypeAlias = "Generator[Effect, Any, T]"


@dataclass(frozen=True, slots=True)
class Transaction(Asked[T]):
    """Run steps in a separate transaction; the outcome is their return value.

    Attributes:
        steps: called with the session for user functions: a SQLAlchemy connection, or the alias of
            a Django database.
    """

    steps: Callable[[Any], Steps[T]]


Job: TypeAlias = "Generator[Transaction[Any] | Call, Any, T]"


@dataclass(frozen=True, slots=True)
class Worked:
    """The result of processing a row.

    Attributes:
        id: the id of the row.
        outcome: the outcome, as counted; `busy` if another worker has a row with the same ordering
            key.
        key: merchant ID and ordering key of the row.
    """

    id: int
    outcome: str
    key: tuple[str, str] | None = None


class Database(Protocol):
    """Runs steps: one of the classes in `databases`, or Django's in `contrib.django`.

    Attributes:
        is_async: whether its methods return awaitables.
        errors: its exceptions if the database is unreachable or rejects a statement.
    """

    @property
    def is_async(self) -> bool: ...

    @property
    def errors(self) -> tuple[type[Exception], ...]: ...

    def transact(self, steps: Callable[[Any], Steps[T]], /) -> T | Awaitable[T]:
        """Run steps in a separate transaction, and commit it."""
        ...

    def within(self, session: Any, steps: Steps[T], /) -> T | Awaitable[T]:
        """Run steps in the transaction of a user's session; the user commits it."""
        ...

    def dispose(self) -> Awaitable[None] | None:
        """Close the kept connections; the next transaction opens new ones."""
        ...


class BlockingDatabase(Database, Protocol):
    """A database with blocking methods, and a way to call them from an event loop."""

    def to_thread(self, function: Callable[..., T], /, *args: Any) -> Awaitable[T]:
        """Run a function in a thread in which it may use the database."""
        ...
