"""The meaning of WeChat Pay's error codes and numbers, in English and Chinese."""

from __future__ import annotations

from typing import NamedTuple

from .. import catalogue
from ..catalogue import Operation
from ..catalogue.explanations import Explanation, explanations
from .transcripts import number

__all__ = ["Meaning", "keys", "meaning"]


class Meaning(NamedTuple):
    """The meaning of an error.

    Attributes:
        key: its code or number.
        en: the cause, in English.
        action: the remedy, in the imperative; empty if `en` contains it.
        zh: cause and remedy in Chinese; empty if unknown.
        operations: the operations whose documentation lists the code.
    """

    key: str
    en: str
    action: str
    zh: str
    operations: tuple[Operation, ...]


def meaning(key: str, operation: Operation | None = None) -> Meaning | None:
    """Return the meaning of an error, or None if it is unknown.

    Args:
        key: a code such as `ORDER_NOT_EXIST`, in any letter case, or a number such as `268512771`.
        operation: the operation that returned it; its documentation is more specific.
    """
    key = key.strip().upper()
    listing = tuple(
        each for each in catalogue.operations() if any(error.code == key for error in each.errors)
    )
    if operation is not None:
        for error in operation.errors:
            if error.code == key:
                return Meaning(key, error.en, "", error.zh, (operation,))
    general = catalogue.explain(key, number(key)) or _with_a_code(key)
    if general is not None:
        return Meaning(key, general.meaning, general.action, general.zh, listing)
    for error in listing[0].errors if listing else ():
        if error.code == key:
            return Meaning(key, error.en, "", error.zh, listing)
    return None


def keys() -> tuple[str, ...]:
    """Return all codes and numbers with a meaning."""
    documented = {error.code for each in catalogue.operations() for error in each.errors}
    explained = {key.rpartition("/")[2] for key in explanations()}
    return tuple(sorted(documented | explained))


def _with_a_code(number: str) -> Explanation | None:
    """Return the explanation of a number that applies only with one code, such as PARAM_ERROR."""
    known = explanations()
    return next((known[key] for key in known if key.endswith(f"/{number}")), None)
