"""Converts operations to SQLAlchemy statements, and results to their outcomes, without I/O.

Each form of an operation has one cached statement with its values as parameters, because building a
statement takes SQLAlchemy longer than executing it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ..operations import Claim, Count, Find, Insert, Lock, Operation, Row, Table, Update
from .tables import TABLES

__all__ = ["outcome", "statement"]

Names: TypeAlias = tuple[tuple[str, bool], ...]
"""Columns compared with a value, and whether that value is NULL."""


def statement(operation: Operation, dialect: str) -> tuple[sa.Executable, dict[str, Any]]:
    """Return the statement for an operation, and its parameters.

    Args:
        operation: the operation.
        dialect: the name of SQLAlchemy's dialect.
    """
    if isinstance(operation, Insert):
        return _insert(operation.table, dialect), dict(operation.values)
    if isinstance(operation, Claim):
        return _claimed(operation)
    if isinstance(operation, Lock):
        key = {"mchid": operation.mchid, "ordering_key": operation.ordering_key}
        return _lock(operation.table), _parameters({**key, "state": "pending"})
    if isinstance(operation, Update):
        equal = {"id": operation.id, **operation.expected}
        made = _update(operation.table, _names(equal))
        return made, {**operation.values, **_parameters(equal)}
    names, parameters = _names(operation.equal), _parameters(operation.equal)
    if isinstance(operation, Find):
        found = _find(operation.table, names, operation.newest)
        return found, {**parameters, "limit": operation.limit}
    return _count(operation.table, names), parameters


def outcome(operation: Operation, result: sa.CursorResult[Any]) -> Any:
    """Return the outcome of an operation from the result of its statement."""
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


@lru_cache
def _insert(name: Table, dialect: str) -> sa.Executable:
    """Return a statement that inserts a row unless one of its unique values exists.

    MySQL has no such statement. There the insert fails, which undoes the statement but not the
    transaction.
    """
    table = TABLES[name]
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing().returning(table.c.id)
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing().returning(table.c.id)
    return sa.insert(table)


def _claimed(claim: Claim) -> tuple[sa.Executable, dict[str, Any]]:
    parameters: dict[str, Any] = {"now": claim.now}
    for name, values in claim.only.items():
        parameters[f"only_{name}"] = sorted(values)
    for number, (mchid, key) in enumerate(claim.without):
        parameters |= {f"mchid_{number}": mchid, f"key_{number}": key}
    return _claim(claim.table, tuple(claim.only), len(claim.without)), parameters


@lru_cache
def _claim(name: Table, only: tuple[str, ...], without: int) -> sa.Executable:
    """Return a statement that claims a row.

    Args:
        name: the table.
        only: columns that must have one of several values.
        without: the number of ordering keys to skip.
    """
    table = TABLES[name]
    due = sa.select(table).where(table.c.state == "pending", table.c.due_at <= _value("now"))
    for column in only:
        values: Any = sa.bindparam(f"only_{column}", expanding=True)
        due = due.where(table.c[column].in_(values))
    if "ordering_key" in table.c:
        others = (
            sa.or_(
                table.c.mchid != _value(f"mchid_{number}"),
                table.c.ordering_key != _value(f"key_{number}"),
            )
            for number in range(without)
        )
        in_order = sa.and_(~_has_earlier(table), *others)
        due = due.where(sa.or_(table.c.ordering_key.is_(None), in_order))
    first = due.order_by(table.c.due_at, table.c.id).limit(1)
    return first.with_for_update(of=table, skip_locked=True)


def _has_earlier(table: sa.Table) -> sa.ColumnElement[bool]:
    """Return whether a pending row with the same key occurred earlier."""
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


@lru_cache
def _lock(name: Table) -> sa.Executable:
    table = TABLES[name]
    same = _equal(table, (("mchid", False), ("ordering_key", False), ("state", False)))
    return sa.select(table.c.id).where(*same).with_for_update(skip_locked=True)


@lru_cache
def _update(name: Table, names: Names) -> sa.Executable:
    """Return a statement that changes the columns named in the parameters."""
    table = TABLES[name]
    return sa.update(table).where(*_equal(table, names))


@lru_cache
def _find(name: Table, names: Names, newest: bool) -> sa.Executable:
    table = TABLES[name]
    found = sa.select(table).where(*_equal(table, names))
    return found.order_by(table.c.id.desc() if newest else table.c.id).limit(_value("limit"))


@lru_cache
def _count(name: Table, names: Names) -> sa.Executable:
    table = TABLES[name]
    counted = sa.select(table.c.state, sa.func.count()).where(*_equal(table, names))
    return counted.group_by(table.c.state)


def _names(values: Row) -> Names:
    return tuple((name, value is None) for name, value in values.items())


def _equal(table: sa.Table, names: Names) -> list[sa.ColumnElement[bool]]:
    return [
        table.c[name].is_(None) if is_null else table.c[name] == _value(f"is_{name}")
        for name, is_null in names
    ]


def _parameters(values: Row) -> dict[str, Any]:
    return {f"is_{name}": value for name, value in values.items() if value is not None}


def _value(name: str) -> Any:
    return sa.bindparam(name)
