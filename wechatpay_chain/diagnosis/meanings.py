"""What an error code or number of WeChat Pay means, in English and Chinese, and where it occurs."""

from __future__ import annotations

from typing import NamedTuple

from .. import catalogue
from ..catalogue import Operation
from ..catalogue.explanations import Explanation, explanations
from .transcripts import number

__all__ = ["Meaning", "keys", "meaning"]


class Meaning(NamedTuple):
    """What an error means.

    Attributes:
        key: its code or number.
        en: what was wrong, in English.
        action: what to do, in the imperative; empty where `en` says it.
        zh: what was wrong and what to do, in Chinese; empty where that is not known.
        operations: whose documentation lists the code.
    """

    key: str
    en: str
    action: str
    zh: str
    operations: tuple[Operation, ...]


def meaning(key: str, operation: Operation | None = None) -> Meaning | None:
    """What an error means; None where the library does not know it.

    Args:
        key: a code such as `ORDER_NOT_EXIST`, in any case, or a number such as `268512771`.
        operation: that answered with it; its documentation is more precise than the general one.
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
    """Every code and number that has a meaning."""
    documented = {error.code for each in catalogue.operations() for error in each.errors}
    explained = {key.rpartition("/")[2] for key in explanations()}
    return tuple(sorted(documented | explained))


def _with_a_code(number: str) -> Explanation | None:
    """The explanation of a number that counts with one code only, such as PARAM_ERROR's."""
    known = explanations()
    return next((known[key] for key in known if key.endswith(f"/{number}")), None)
