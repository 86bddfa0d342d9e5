"""Operations as SQLAlchemy's statements, and results as the outcomes that they promise. No I/O."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ..operations import Claim, Count, Find, Insert, Lock, Operation, Row, Update
from .tables import TABLES

__all__ = ["outcome", "statement"]


def statement(operation: Operation, dialect: str) -> sa.Executable:
    """The statement that performs an operation.

    Args:
        operation: what is asked for.
        dialect: the name of SQLAlchemy's dialect.
    """
    if isinstance(operation, Insert):
        return _insert(operation, dialect)
    if isinstance(operation, Claim):
        return _claim(operation)
    table = TABLES[operation.table]
    if isinstance(operation, Lock):
        return (
            sa.select(table.c.id).where(*_key(table, operation)).with_for_update(skip_locked=True)
        )
    if isinstance(operation, Update):
        equal = {"id": operation.id, **operation.expected}
        return sa.update(table).where(*_equal(table, equal)).values(**operation.values)
    if isinstance(operation, Find):
        order = table.c.id.desc() if operation.newest else table.c.id
        found = sa.select(table).where(*_equal(table, operation.equal))
        return found.order_by(order).limit(operation.limit)
    counted = sa.select(table.c.state, sa.func.count()).where(*_equal(table, operation.equal))
    return counted.group_by(table.c.state)


def outcome(operation: Operation, result: sa.CursorResult[Any]) -> Any:
    """What an operation promises, from the result of its statement."""
    if isinstance(operation, Insert):
        if result.returns_rows:
            return result.scalar()
        return result.inserted_primary_key[0]  # type: ignore[index]
    if isinstance(operation, Update):
        return result.rowcount > 0
    if isinstance(operation, Claim):
        return result.mappings().first()
    if isinstance(operation, Lock):
        return len(result.all())
    if isinstance(operation, Count):
        counts: Any = result.all()
        return dict(counts)
    return list(result.mappings())


def _insert(operation: Insert, dialect: str) -> sa.Executable:
    """Insert a row unless a unique value of it is there.

    MySQL has no statement that does precisely that. There the insert fails, which undoes this
    statement and not the transaction.
    """
    table, values = TABLES[operation.table], dict(operation.values)
    if dialect == "postgresql":
        inserted = postgresql.insert(table).values(values).on_conflict_do_nothing()
        return inserted.returning(table.c.id)
    if dialect == "sqlite":
        return sqlite.insert(table).values(values).on_conflict_do_nothing().returning(table.c.id)
    return sa.insert(table).values(values)


def _claim(operation: Claim) -> sa.Executable:
    table = TABLES[operation.table]
    due = sa.select(table).where(table.c.state == "pending", table.c.due_at <= operation.now)
    for name, values in operation.only.items():
        due = due.where(table.c[name].in_(sorted(values)))
    if "ordering_key" in table.c:
        in_order = sa.and_(
            ~_has_earlier(table),
            *(
                sa.or_(table.c.mchid != mchid, table.c.ordering_key != key)
                for mchid, key in operation.without
            ),
        )
        due = due.where(sa.or_(table.c.ordering_key.is_(None), in_order))
    first = due.order_by(table.c.due_at, table.c.id).limit(1)
    return first.with_for_update(of=table, skip_locked=True)


def _has_earlier(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether a pending row with the same key occurred before a row."""
    earlier = table.alias("earlier")
    return sa.exists().where(
        earlier.c.ordering_key == table.c.ordering_key,
        earlier.c.mchid == table.c.mchid,
        earlier.c.state == "pending",
        sa.or_(
            earlier.c.occurred_at < table.c.occurred_at,
            sa.and_(earlier.c.occurred_at == table.c.occurred_at, earlier.c.id < table.c.id),
        ),
    )


def _key(table: sa.Table, lock: Lock) -> list[sa.ColumnElement[bool]]:
    return _equal(
        table, {"mchid": lock.mchid, "ordering_key": lock.ordering_key, "state": "pending"}
    )


def _equal(table: sa.Table, values: Row) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]
