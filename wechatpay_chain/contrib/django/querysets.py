"""Performs operations on rows with Django's ORM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q

from ...durable.operations import Claim, Count, Find, Insert, Lock, Operation, Row, Table, Update

__all__ = ["perform"]

MODELS: Mapping[Table, str] = {"inbox": "Notification", "outbox": "OutboxCall", "watch": "Watch"}
DUPLICATE_KEY = ("23505", 1062, "SQLITE_CONSTRAINT_UNIQUE")
"""The error codes of PostgreSQL, MySQL and SQLite for a duplicate unique value."""


def perform(operation: Operation, alias: str) -> Any:
    """Perform an operation on an alias's database in a transaction, and return its outcome."""
    model = apps.get_model("wechatpay_chain", MODELS[operation.table])
    if isinstance(operation, Insert):
        return _insert(model(**operation.values), alias)
    rows = model._base_manager.using(alias)
    if isinstance(operation, Claim):
        first = _due(rows, operation).select_for_update(skip_locked=True).values().first()
        return None if first is None else _row(first)
    if isinstance(operation, Lock):
        same = {"mchid": operation.mchid, "ordering_key": operation.ordering_key}
        pending = rows.filter(**same, state="pending").select_for_update(skip_locked=True)
        return len(pending.values_list("pk"))
    if isinstance(operation, Update):
        changed: int = rows.filter(pk=operation.id, **operation.expected).update(**operation.values)
        return changed > 0
    found = rows.filter(**operation.equal)
    if isinstance(operation, Find):
        in_order = found.order_by("-pk" if operation.newest else "pk")
        return [_row(each) for each in in_order[: operation.limit].values()]
    assert isinstance(operation, Count)  # noqa: S101 - the only remaining one
    return dict(found.values_list("state").annotate(models.Count("pk")))


def _insert(row: Any, alias: str) -> int | None:
    """Insert a row unless one of its unique values exists; the transaction continues anyway."""
    try:
        with transaction.atomic(using=alias):
            row.save(using=alias, force_insert=True)
    except IntegrityError as error:
        if _is_duplicate(error.__cause__):
            return None
        raise
    id_: int = row.pk
    return id_


def _is_duplicate(error: Any) -> bool:
    names = ("sqlstate", "pgcode", "sqlite_errorname")
    told = [getattr(error, name, None) for name in names] + list(error.args[:1])
    return any(each in DUPLICATE_KEY for each in told)


def _due(rows: Any, claim: Claim) -> Any:
    due = rows.filter(state="pending", due_at__lte=claim.now)
    for name, values in claim.only.items():
        due = due.filter(**{f"{name}__in": sorted(values)})
    if claim.table == "inbox":
        in_order = ~Exists(_earlier(rows))
        for mchid, key in claim.without:
            in_order &= ~Q(mchid=mchid, ordering_key=key)
        due = due.filter(Q(ordering_key=None) | in_order)
    return due.order_by("due_at", "pk")


def _earlier(rows: Any) -> Any:
    """Return the pending rows with the same key that occurred before a row."""
    same = rows.filter(
        ordering_key=OuterRef("ordering_key"), mchid=OuterRef("mchid"), state="pending"
    )
    return same.filter(
        Q(occurred_at__lt=OuterRef("occurred_at"))
        | Q(occurred_at=OuterRef("occurred_at"), pk__lt=OuterRef("pk"))
    )


def _row(values: dict[str, Any]) -> Row:
    """Return a row with its binary values as bytes: psycopg2 returns a memoryview."""
    return {
        name: bytes(value) if isinstance(value, memoryview) else value
        for name, value in values.items()
    }
