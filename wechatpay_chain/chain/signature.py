"""What a verb takes, by name: `inspect.signature` of a chain, and completion in its parentheses.

What is needed comes first: the variables of the path, and what the catalogue says that the
operation takes. Then come the options that fit the protocol. A call needs none of this.
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
"""A variable that may be left out."""


class Argument(NamedTuple):
    """One argument of a verb.

    Attributes:
        name: of the keyword.
        needed: whether a call lacks something without it.
        about: what it is, in a few words; empty for an option that every verb has.
    """

    name: str
    needed: bool
    about: str = ""


class _Given:
    """Stands for a value that the caller gives; shown as `…`."""

    def __repr__(self) -> str:
        return "…"


GIVEN = _Given()


def arguments(path: str, operation: Operation | None) -> tuple[Argument, ...]:
    """The arguments of a verb, those first that a call needs.

    Args:
        path: of the chain before the verb.
        operation: that the verb calls; None where the catalogue does not have it.
    """
    found = {each.name: each for each in (*_variables(path, operation), *_taken(operation))}
    alien = V3_ALONE if is_v2(path) else V2_ALONE
    rest = (Argument(name, False) for name in Options.__annotations__ if name not in alien)
    return (*found.values(), *(each for each in rest if each.name not in found))


def signature(path: str, name: str) -> inspect.Signature:
    """The signature of a verb. All of its parameters have a default: a mapping may hold them.

    Args:
        path: of the chain before the verb.
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
            yield Argument(name, name != EMPTY, titles.get(name) or "a variable of the path")


def _taken(operation: Operation | None) -> Iterator[Argument]:
    """What the catalogue says that an operation takes."""
    if operation is None:
        return
    if operation.body_option:
        yield Argument(operation.body_option, True, "the body")
    if operation.query:
        needed = any(member.required for member in operation.query)
        yield Argument("query", needed, "the parameters of the query")
    if operation.base_uri:
        yield Argument("base_uri", True, operation.base_uri)
    if operation.security:
        yield Argument("security", True, "shows the merchant's certificate")
    if operation.nonceless:
        yield Argument("nonceless", True, "it takes no nonce_str")
