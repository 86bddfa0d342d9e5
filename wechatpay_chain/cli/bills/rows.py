"""Rows of bills in the output of commands: without personal data, unless an option requests it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

__all__ = ["plain", "record"]

HIDDEN = "***"


def record(row: Any, *, personal: bool) -> dict[str, Any]:
    """Return a row as a JSON record: times in ISO 8601, decimals as text.

    Args:
        row: a row of any kind.
        personal: whether personal data is shown: what `repr` of a row leaves out.
    """
    found = {}
    for field in dataclasses.fields(row):
        value = getattr(row, field.name)
        if isinstance(value, Mapping):
            value = {key: plain(text) for key, text in value.items()} or None
        if not (personal or field.repr) and value is not None:
            value = HIDDEN
        found[field.name] = plain(value)
    return found


def plain(value: Any) -> Any:
    """Return a value for JSON."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return value
