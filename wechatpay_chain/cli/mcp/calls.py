"""Finds calls of chains in Python source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...chain.segments import segment
from ...chain.verbs import ENDS

__all__ = ["UNKNOWN", "FoundCall", "find_calls"]

PROTOCOLS = ("v2/", "v3/")


class Unknown:
    """A value that is known only at run time."""

    def __repr__(self) -> str:
        return "…"


UNKNOWN = Unknown()


class FoundCall(NamedTuple):
    """A call of a chain.

    Attributes:
        line: the line in the source, from 1.
        method: upper-case HTTP method.
        path: a path of the chain, with `{…}` for the parts that an f-string inserts.
        options: by keyword; a value, or a part of one, may be `UNKNOWN`.
        is_open: whether there may be more options, from `**` or a mapping.
    """

    line: int
    method: str
    path: str
    options: dict[str, Any]
    is_open: bool


def find_calls(tree: ast.AST) -> Iterator[FoundCall]:
    """Yield the calls with paths below `v2/` or `v3/`, in source order.

    Args:
        tree: the tree of the source.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        verb = call.func
        if isinstance(verb, ast.Attribute) and verb.attr in ENDS:
            path = _path(verb.value)
            if path is not None:
                named = {each.arg: value(each.value) for each in call.keywords if each.arg}
                is_open = bool(call.args) or any(each.arg is None for each in call.keywords)
                yield FoundCall(call.lineno, ENDS[verb.attr], path, named, is_open)


def value(node: ast.expr) -> Any:
    """Return the value of an expression; `UNKNOWN` if only running it would give the value."""
    if isinstance(node, ast.Dict):
        if not all(isinstance(key, ast.Constant) for key in node.keys):
            return UNKNOWN
        pairs = zip(node.keys, node.values, strict=True)
        return {key.value: value(each) for key, each in pairs if isinstance(key, ast.Constant)}
    if isinstance(node, ast.List | ast.Tuple):
        return [value(each) for each in node.elts]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


def _path(node: ast.expr) -> str | None:
    """Return the path of a chain; None for another expression."""
    path = ""
    for piece in _pieces(node):
        if path:
            path = f"{path.rstrip('/')}/{piece.lstrip('/')}"
        elif f"{piece.lstrip('/')}/".lower().startswith(PROTOCOLS):  # else it is the client
            path = piece.lstrip("/")
    return path or None


def _pieces(node: ast.expr) -> list[str]:
    """Return the segments and strings of an expression, the first one first."""
    pieces: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            try:
                pieces.append(segment(node.attr))
            except AttributeError:
                pieces.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            pieces.append(_string(node.slice))
            node = node.value
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (node.func.attr, len(node.args)) == ("chain", 1)
        ):
            pieces.append(_string(node.args[0]))
            node = node.func.value
        else:
            return pieces[::-1]


def _string(node: ast.expr) -> str:
    """Return a string of a chain; parts that are not in the source become variables."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (
            each.value if isinstance(each, ast.Constant) else "{value}" for each in node.values
        )
        return "".join(map(str, parts))
    return "{value}"
