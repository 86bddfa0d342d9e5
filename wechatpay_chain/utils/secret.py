"""Hides secrets from tracebacks.

Tools that record the local variables of a traceback (Sentry, Django's debug page, pytest) call
`repr` on them. A function that takes a secret hides it in its first statement and reveals it only
inside an expression, so that no local variable contains it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Generic, NoReturn, TypeVar

from .translation import _

__all__ = ["Secret", "hide", "reveal"]

T = TypeVar("T")

MASK = "***"


class Secret(Generic[T]):
    """A value with `***` as its `repr`, `str` and `format`, which cannot be pickled.

    Args:
        value: a password, a key, or any value passed as one.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value; use it within an expression, and do not assign it to a variable."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __copy__(self) -> Secret[T]:
        return self

    def __deepcopy__(self, memo: Any) -> Secret[T]:
        return self

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(_("a Secret cannot be pickled: configure the other process separately"))


NESTED = 4
"""Maximum depth of mappings with individually hidden values; `merchant` as an argument has two."""


def hide(value: Any, levels: int = NESTED) -> Any:
    """Hide a secret from the user in a `Secret`; a mapping becomes a dict with every value hidden.

    None, a path, a key object of `cryptography` and a `Secret` are returned unchanged, because
    their `repr` shows no secret.
    """
    if value is None or type(value).__module__.startswith("cryptography."):
        return value
    if isinstance(value, Secret | os.PathLike):
        return value
    if isinstance(value, Mapping) and levels:
        return {name: hide(each, levels - 1) for name, each in value.items()}
    return Secret(value)


def reveal(value: Any) -> Any:
    """Return the value passed to `hide`; a dict is returned with every value revealed."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, dict):
        return {name: reveal(each) for name, each in value.items()}
    return value
