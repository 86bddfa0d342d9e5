"""The signature of a verb, for `inspect.signature` and completion in its parentheses.

Required arguments come first: the variables of the path, then the arguments that the catalogue
lists for the operation. The options that fit the protocol follow. Calls do not need this module.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine, Iterator
from typing import Any, NamedTuple

from ..catalogue import Operation
from ..messages.request import UNSET, Options
from ..messages.response import Response
from .completion import VARIABLE, operation_at
from .options import is_v2
from .verbs import ASYNC_METHODS

__all__ = ["Argument", "arguments", "signature"]

V2_ALONE = frozenset({"nonceless", "xml"})
V3_ALONE = frozenset({"answer_with", "json", "sensitive"})
EMPTY = "empty"
"""The name of a path variable that may be omitted."""


class Argument(NamedTuple):
    """One argument of a verb.

    Attributes:
        name: the keyword.
        needed: whether the call requires it.
        about: a short description; empty for an option that every verb has.
    """

    name: str
    needed: bool
    about: str = ""


class _Given:
    """A placeholder for a value that the caller must pass; displayed as `…`."""

    def __repr__(self) -> str:
        return "…"


GIVEN = _Given()


def arguments(path: str, operation: Operation | None) -> tuple[Argument, ...]:
    """Return the arguments of a verb, required ones first.

    Args:
        path: the path of the chain before the verb.
        operation: the operation that the verb calls, or None if the catalogue does not have it.
    """
    found = {each.name: each for each in (*_variables(path, operation), *_taken(operation))}
    alien = V3_ALONE if is_v2(path) else V2_ALONE
    rest = (Argument(name, False) for name in Options.__annotations__ if name not in alien)
    return (*found.values(), *(each for each in rest if each.name not in found))


def signature(path: str, name: str) -> inspect.Signature:
    """Return the signature of a verb; all parameters have a default: a mapping may supply them.

    Args:
        path: the path of the chain before the verb.
        name: the verb.
    """
    by_place = inspect.Parameter("options", inspect.Parameter.POSITIONAL_ONLY, default=None)
    parameters = [by_place]
    for each in arguments(path, operation_at(path, name)):
        is_option = each.name in Options.__annotations__
        default = getattr(Options, each.name) if is_option and not each.needed else GIVEN
        parameters.append(
            inspect.Parameter(
                each.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=GIVEN if default is UNSET else default,
                annotation=inspect.Parameter.empty if is_option else str | int,
            )
        )
    result: Any = Coroutine[Any, Any, Response] if name in ASYNC_METHODS else Response
    return inspect.Signature(parameters, return_annotation=result)


def _variables(path: str, operation: Operation | None) -> Iterator[Argument]:
    titles = {each.name: each.title for each in operation.variables} if operation else {}
    for name in dict.fromkeys(VARIABLE.findall(path.partition("?")[0])):
        if name.isidentifier():
            yield Argument(name, name != EMPTY, titles.get(name) or "a path variable")


def _taken(operation: Operation | None) -> Iterator[Argument]:
    """Yield the arguments that the catalogue lists for an operation."""
    if operation is None:
        return
    if operation.body_option:
        yield Argument(operation.body_option, True, "the body")
    if operation.query:
        needed = any(member.required for member in operation.query)
        yield Argument("query", needed, "the query parameters")
    if operation.base_uri:
        yield Argument("base_uri", True, operation.base_uri)
    if operation.security:
        yield Argument("security", True, "mutual TLS with the merchant's certificate")
    if operation.nonceless:
        yield Argument("nonceless", True, "without nonce_str")
