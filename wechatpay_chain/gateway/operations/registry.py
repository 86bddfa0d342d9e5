"""Which function serves which method and path."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from ..exchange import Call, Refusal

__all__ = ["Operation", "find", "operation"]

Function = Callable[[Call], dict[str, Any] | None]


class Operation(NamedTuple):
    """One operation."""

    method: str
    pattern: re.Pattern[str]
    serve: Function


_operations: list[Operation] = []


def operation(method: str, path: str) -> Callable[[Function], Function]:
    """Register a function.

    Args:
        method: upper-case HTTP method.
        path: as a chain takes it, with `{variables}`; `v2/…` is APIv2, and drops the prefix.
    """
    literal = re.escape(path.removeprefix("v2")).replace(r"\{", "{").replace(r"\}", "}")
    pattern = re.compile("/?" + re.sub("{([a-z_]+)}", r"(?P<\1>[^/]*)", literal))

    def register(function: Function) -> Function:
        _operations.append(Operation(method, pattern, function))
        return function

    return register


def find(method: str, path: str) -> tuple[Function, dict[str, str]]:
    """The function for a request, and its path's variables.

    Raises:
        Refusal: 404 for a path that is not served, 405 for a method that it does not have.
    """
    known = [(op, match) for op in _operations if (match := op.pattern.fullmatch(path))]
    for op, match in known:
        if op.method == method:
            values = {name: unquote(value) for name, value in match.groupdict().items()}
            return op.serve, values
    if known:
        allowed = ", ".join(sorted(op.method for op, _ in known))
        raise Refusal(405, "METHOD_NOT_ALLOWED", f"{method} {path}: allowed is {allowed}")
    raise Refusal(404, "NOT_FOUND", f"{method} {path}: the gateway serves no such path")
