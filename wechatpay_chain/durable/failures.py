"""The stored description of an error: enough for debugging, without the customer's data."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from ..utils.display import printable

__all__ = ["described", "died", "has_died"]

LONGEST = 500
SHORTEST_MASKED = 6
"""Minimum characters of a masked value; a shorter one, such as `CNY`, is not personal."""


def described(error: BaseException, resource: Any = None) -> str:
    """Return an error's type, location and text, with the values of a resource masked.

    Args:
        error: the error raised by a handler.
        resource: the resource passed to the handler; None if it was not decrypted.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno})" if frames else ""
    text = str(error)
    for value in sorted(set(_texts(resource)), key=len, reverse=True):
        text = text.replace(value, "***")
    return printable(f"{type(error).__name__}: {text}", LONGEST) + place


def has_died(row: Mapping[str, Any]) -> bool:
    """Return whether the last attempt of a due row did not end.

    Attempts are counted before they begin. When an attempt ends, it stores an error or a result.
    """
    return row["attempts"] > 0 and row["error"] is None


def died(attempt: int) -> str:
    """Return the stored description of an attempt that did not end.

    Args:
        attempt: its number.
    """
    return (
        f"attempt {attempt} did not finish: the process crashed (killed, out of memory, or a crash "
        "in native code), was stopped, or lost the database"
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= SHORTEST_MASKED:
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
