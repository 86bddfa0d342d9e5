"""What the rules of the durable parts ask of a database, and how it is asked.

A rule is a generator, as a middleware is: it yields operations on rows, is sent their outcomes,
and never talks to a database itself. So one rule serves SQLAlchemy's sync and async engines and
Django's ORM. There are two kinds of them:

* `Steps` run inside one transaction: they yield operations on rows, `Call` for a function of the
  user's that has its effects in the same transaction, and `AfterCommit` for what follows it;
* a `Job` is what a method of `Inbox` and its kin does: it yields `Transaction` for steps that are
  committed as a whole, and `Call` for what happens between two transactions, such as a request to
  WeChat Pay.

`row = yield from Claim(…)` yields the operation, and has the type of its outcome.

Times in rows are milliseconds since 1970-01-01 UTC, so every database compares them alike.
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
"""A row by its columns' names; see `databases.tables`."""
Table: TypeAlias = Literal["inbox", "outbox", "watch"]
State: TypeAlias = Literal["pending", "done", "dead"]


class Asked(Generic[T]):
    """What a rule yields, with the type of its outcome."""

    __slots__ = ()

    def __iter__(self) -> Generator[Self, Any, T]:
        outcome: T = yield self
        return outcome


@dataclass(frozen=True, slots=True)
class Insert(Asked[int | None]):
    """Add a row; the outcome is its id, or None where a row with a unique value of it exists."""

    table: Table
    values: Row


@dataclass(frozen=True, slots=True)
class Claim(Asked[Row | None]):
    """Take the row that is due for longest, locked until the transaction ends; None without one.

    Rows that another transaction has locked are passed over. Of rows with the same `ordering_key`
    only the one that occurred first is taken.

    Attributes:
        now: milliseconds; a row is due when its `due_at` has come.
        only: the values that columns may have.
        without: ordering keys to pass over.
    """

    table: Table
    now: int
    only: Mapping[str, Collection[Any]] = field(default_factory=dict)
    without: Collection[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Lock(Asked[int]):
    """Lock the pending rows with an ordering key; the outcome is how many could be locked."""

    table: Table
    mchid: str
    ordering_key: str


@dataclass(frozen=True, slots=True)
class Update(Asked[bool]):
    """Change a row by its id; the outcome is whether it was there with the expected values."""

    table: Table
    id: int
    values: Row
    expected: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Find(Asked[list[Row]]):
    """Rows whose columns have the given values, in the order of their ids.

    Attributes:
        newest: the last ones, from the last.
    """

    table: Table
    equal: Row = field(default_factory=dict)
    limit: int = 100
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Count(Asked[Mapping[str, int]]):
    """How many rows whose columns have the given values are in each state."""

    table: Table
    equal: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AfterCommit(Asked[None]):
    """Call a function after the transaction is committed, and not if it is rolled back.

    Attributes:
        function: must not raise; it may be called once for several in one transaction.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]


Operation: TypeAlias = Insert | Claim | Lock | Update | Find | Count
Effect: TypeAlias = Operation | AfterCommit | Call
Steps: TypeAlias = "Generator[Effect, Any, T]"


@dataclass(frozen=True, slots=True)
class Transaction(Asked[T]):
    """Run steps in a transaction of their own; the outcome is what they return.

    Attributes:
        steps: called with the session that the user's functions get: a SQLAlchemy connection, or
            the alias of a Django database.
    """

    steps: Callable[[Any], Steps[T]]


Job: TypeAlias = "Generator[Transaction[Any] | Call, Any, T]"


@dataclass(frozen=True, slots=True)
class Worked:
    """What became of a row.

    Attributes:
        id: the row's.
        outcome: how it ended, as it is counted; `busy` where another worker has a row with the same
            ordering key.
        key: merchant number and ordering key of the row.
    """

    id: int
    outcome: str
    key: tuple[str, str] | None = None


class Database(Protocol):
    """What runs steps: one of `databases`, or Django's of `contrib.django`.

    Attributes:
        is_async: whether its methods return awaitables.
        errors: what it raises where the database cannot be reached, or rejects a statement.
    """

    @property
    def is_async(self) -> bool: ...

    @property
    def errors(self) -> tuple[type[Exception], ...]: ...

    def transact(self, steps: Callable[[Any], Steps[T]], /) -> T | Awaitable[T]:
        """Run steps in a transaction of their own, and commit it."""
        ...

    def within(self, session: Any, steps: Steps[T], /) -> T | Awaitable[T]:
        """Run steps in the transaction of a session of the user's, who commits it."""
        ...

    def dispose(self) -> Awaitable[None] | None:
        """Close the connections that are kept; the next transaction opens new ones."""
        ...


class BlockingDatabase(Database, Protocol):
    """A database whose methods block, and how an event loop calls them."""

    def to_thread(self, function: Callable[..., T], /, *args: Any) -> Awaitable[T]:
        """Run a function in a thread in which it may use the database."""
        ...
