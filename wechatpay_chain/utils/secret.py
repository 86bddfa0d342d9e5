"""Secrets that no traceback shows.

Tools that record the local variables of a traceback's frames (Sentry, Django's debug page, pytest)
call `repr` on each of them. A function that takes a secret hides it in its first statement, and
reveals it only inside an expression, so that no local variable ever holds it.
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
    """A value whose `repr`, `str` and `format` are `***`, and that refuses to be pickled.

    Args:
        value: a password, a key, or whatever was given in place of one.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """The value. Use it within an expression; do not assign it to a variable."""
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
        raise TypeError(_("a Secret is not pickled: give the other process its own configuration"))


NESTED = 4
"""Levels of mappings whose values are hidden one by one; `merchant` among arguments has two."""


def hide(value: Any, levels: int = NESTED) -> Any:
    """A secret given by the user, as `Secret`; of a mapping, a dict with every value hidden.

    None, a path, a key object of `cryptography` and a `Secret` are returned as they are: they show
    nothing.
    """
    if value is None or type(value).__module__.startswith("cryptography."):
        return value
    if isinstance(value, Secret | os.PathLike):
        return value
    if isinstance(value, Mapping) and levels:
        return {name: hide(each, levels - 1) for name, each in value.items()}
    return Secret(value)


def reveal(value: Any) -> Any:
    """What `hide` was given; a dict is returned with every value revealed."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, dict):
        return {name: reveal(each) for name, each in value.items()}
    return value
