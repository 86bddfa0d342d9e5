"""Maps operations of the catalogue to the functions that simulate them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from ... import catalogue
from ...catalogue.registry import product_of
from ..call import Call
from ..messages.exchange import Content, Rejection
from .bases import PREFIXES, place

__all__ = ["Found", "chain_path", "find", "operation", "simulated"]

Function = Callable[[Call], dict[str, Any] | Content | None]

_functions: dict[tuple[str, str], Function] = {}


class Found(NamedTuple):
    """The operation that a request matches.

    Attributes:
        operation: the operation in the catalogue.
        params: the values of the path's variables.
        function: the function that simulates the operation; None for a stub.
    """

    operation: catalogue.Operation
    params: dict[str, str]
    function: Function | None


def operation(method: str, path: str) -> Callable[[Function], Function]:
    """Register the function that simulates an operation.

    Args:
        method: the HTTP method in upper case.
        path: as in the catalogue, with `{variables}`; APIv2 paths begin with `v2/`.
    """

    def register(function: Function) -> Function:
        _functions[method, path] = function
        return function

    return register


def simulated() -> frozenset[tuple[str, str]]:
    """Return the method and the path of every simulated operation."""
    return frozenset(_functions)


def chain_path(path: str) -> str:
    """Convert a request line's path to a chain's form: without a base URI's prefix, with `v2/`."""
    return place(path).path


def find(method: str, path: str, host: str = "") -> Found:
    """Return the operation that a request matches.

    Args:
        method: the HTTP method.
        path: the path in the request line, without its query.
        host: the value of the `Host` header.

    Raises:
        Rejection: 404 for a path that this base URI does not have, 405 for a wrong method; both
            without a body.
    """
    base_uri, wanted = place(path, host)
    known = _literal(method, wanted) or catalogue.find(method, wanted)
    if known is not None and known.base_uri != base_uri:
        raise _unserved(404, "NOT_FOUND", f"{known.path} is not served here: {_address(known)}")
    if known is not None:
        pairs = zip(known.segments, wanted.split("/"), strict=True)
        params = {ours[1:-1]: unquote(theirs) for ours, theirs in pairs if ours.startswith("{")}
        return Found(known, params, _functions.get((known.method, known.path)))
    others = [each for each in METHODS if catalogue.find(each, wanted)]
    if others:
        allowed = ", ".join(others)
        message = f"{method} {path}: use {allowed}"
        raise _unserved(405, "METHOD_NOT_ALLOWED", message, Allow=allowed)
    near = " or ".join(f"{each.method} {each.path}" for each in catalogue.suggest(method, wanted))
    hint = f"; did you mean {near}?" if near else ""
    raise _unserved(404, "NOT_FOUND", f"{method} {path}: there is no such path{hint}")


def _unserved(status: int, code: str, message: str, **headers: str) -> Rejection:
    return Rejection(status, code, message, headers=headers, page=b"")


def _address(known: catalogue.Operation) -> str:
    if known.base_uri is None:
        return "it is served without a path prefix"
    return f"base_uri {known.base_uri} is served below /{PREFIXES[known.base_uri]} of this gateway"


METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


@cache
def _literals(product: str) -> dict[tuple[str, str], catalogue.Operation]:
    found = catalogue.operations(product)
    return {(each.method, each.path): each for each in found if "{" not in each.path}


def _literal(method: str, path: str) -> catalogue.Operation | None:
    """Return an operation without path variables; most requests match one of these."""
    product = product_of(path)
    return None if product is None else _literals(product).get((method, path))
