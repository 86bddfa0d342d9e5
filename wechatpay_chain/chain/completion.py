"""Completion and help for chains: next names, paths in brackets, and documentation.

All suggestions come from the catalogue, but they do not restrict calls: a path that is not in the
catalogue can be written and called like any other. The module is loaded by an interactive prompt
only; calls do not need it.
"""

from __future__ import annotations

import re
from functools import cache

from .. import catalogue
from ..catalogue.describe import describe, line, outline
from ..catalogue.registry import product_of
from ..utils.translation import _
from .verbs import ENDS, VERBS

__all__ = ["documentation", "keys", "names", "operation_at"]

VARIABLE = re.compile("{([^{}/]+)}")


def names(path: str, parent: str, name: str | None) -> list[str]:
    """Return the names that can follow a chain: segments, verbs with async variants, and `chain`.

    Args:
        path: the path of the chain.
        parent: the path of the chain before its last step.
        name: the last step, which may be a verb, if it was an attribute.
    """
    attributes, verbs = catalogue.node(_known_as(path))
    if path.endswith("/"):  # a string ended in this slash; the next name adds none
        attributes += catalogue.node(_known_as(path.rstrip("/"))).attributes
    if not verbs and not attributes and operation_at(parent, name) is None:
        verbs = VERBS  # an unknown path: any verb may be valid
    found = {*verbs, *(f"{verb}_async" for verb in verbs)}
    if "?" not in path:  # only a verb can follow a query
        found |= {*attributes, "chain"}
    return sorted(found)


def keys(path: str) -> list[str]:
    """Return the strings that can follow a chain in brackets.

    Args:
        path: the path of the chain; "" for the client itself.
    """
    return [] if "?" in path else list(catalogue.paths(_known_as(path)))


def documentation(path: str, parent: str, name: str | None) -> str:
    """Return the catalogue's documentation of a chain: a verb's operation, or the next names.

    Args:
        path: the path of the chain.
        parent: the path of the chain before its last step.
        name: the last step, which may be a verb, if it was an attribute.
    """
    operation = operation_at(parent, name)
    place = outline(_known_as(path))
    parts = [describe(operation)] if operation is not None else []
    if place:
        parts.append(f"{path or 'The beginning of a chain'}\n\n{place}")
    if not parts:
        parts.append(_unknown(path, parent, name))
    return "\n\n".join(parts)


def _unknown(path: str, parent: str, name: str | None) -> str:
    method = ENDS.get(name or "")
    wanted = f"{method} {parent}" if method else path
    lines = [_("{wanted}: not in the catalogue. You can still call it.", wanted=wanted)]
    near = catalogue.suggest(method or "GET", _known_as(parent if method else path))
    if near:
        lines += ["", _("The closest matches:"), "", *(f"    {line(each)}" for each in near)]
    return "\n".join(lines)


def operation_at(parent: str, name: str | None) -> catalogue.Operation | None:
    """Return the operation that a verb calls, or None if the catalogue does not have it.

    Args:
        parent: the path of the chain before its last step.
        name: the last step, which may be a verb, if it was an attribute.
    """
    method = ENDS.get(name or "")
    return catalogue.find(method, _known_as(parent)) if method else None


def _known_as(path: str) -> str:
    """Return a chain's path in the catalogue's spelling, with constant variables filled in."""
    path = path.partition("?")[0]
    if "{" not in path:
        return path
    constants = _constants(product_of(path))
    return VARIABLE.sub(lambda match: constants.get(match[1], match[0]), path)


@cache
def _constants(product: str | None) -> dict[str, str]:
    """Return the variables that exist only in attribute names, and the segments they stand for."""
    found = {"empty": ""}
    for operation in catalogue.operations(product) if product else ():
        found |= operation.constants
    return found
