"""What a prompt shows of a chain: the names that can follow it, paths for brackets, and help.

All of it comes from the catalogue, and none of it is a rule: a path that is not in there can be
written and called like any other. Loaded when a prompt asks; a call needs none of this.
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
    """The names that can follow a chain: segments, verbs with their async twins, and `chain`.

    Args:
        path: of the chain.
        parent: the path of the chain before its last step.
        name: its last step, if that was an attribute: it may be a verb.
    """
    attributes, verbs = catalogue.node(_known_as(path))
    if path.endswith("/"):  # a string's own; the next name adds none
        attributes += catalogue.node(_known_as(path.rstrip("/"))).attributes
    if not verbs and not attributes and operation_at(parent, name) is None:
        verbs = VERBS  # nobody knows this place, so all may be right
    found = {*verbs, *(f"{verb}_async" for verb in verbs)}
    if "?" not in path:  # after a query only a verb can stand
        found |= {*attributes, "chain"}
    return sorted(found)


def keys(path: str) -> list[str]:
    """The strings that can follow a chain in brackets.

    Args:
        path: of the chain; "" is the client's own.
    """
    return [] if "?" in path else list(catalogue.paths(_known_as(path)))


def documentation(path: str, parent: str, name: str | None) -> str:
    """What the catalogue says of a chain: of a verb its operation, of a place what follows there.

    Args:
        path: of the chain.
        parent: the path of the chain before its last step.
        name: its last step, if that was an attribute: it may be a verb.
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
    lines = [
        _("{wanted}: the catalogue does not have it. It can be called all the same.", wanted=wanted)
    ]
    near = catalogue.suggest(method or "GET", _known_as(parent if method else path))
    if near:
        lines += ["", _("What is most like it:"), "", *(f"    {line(each)}" for each in near)]
    return "\n".join(lines)


def operation_at(parent: str, name: str | None) -> catalogue.Operation | None:
    """The operation that a verb calls; None where the catalogue does not have it.

    Args:
        parent: the path of the chain before its last step.
        name: its last step, if that was an attribute: it may be a verb.
    """
    method = ENDS.get(name or "")
    return catalogue.find(method, _known_as(parent)) if method else None


def _known_as(path: str) -> str:
    """A chain's path as the catalogue has it, which writes out what attributes cannot spell."""
    path = path.partition("?")[0]
    if "{" not in path:
        return path
    constants = _constants(product_of(path))
    return VARIABLE.sub(lambda match: constants.get(match[1], match[0]), path)


@cache
def _constants(product: str | None) -> dict[str, str]:
    """Variables that only attributes have, and the segments that they stand for."""
    found = {"empty": ""}
    for operation in catalogue.operations(product) if product else ():
        found |= operation.constants
    return found
