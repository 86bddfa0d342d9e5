"""Merchant-assigned numbers in a call, which make it safe to repeat.

`Operation.idempotency_key` defines where they are; this module reads them from the arguments of a
call. It sends nothing, and does not modify the arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from .operation import Number, Operation

__all__ = ["numbers", "variables"]


def numbers(
    operation: Operation,
    path: str | Mapping[str, Any],
    query: Any = None,
    body: Any = None,
    headers: Mapping[str, Any] | None = None,
) -> tuple[str, ...] | None:
    """Return the numbers that make a call safe to repeat, or None if it must not be repeated.

    The result is None if the operation has no number, if it is not idempotent in spite of its
    number, or if one of the numbers is missing or empty. It is an empty tuple if the operation
    requires no number because it is `safe`.

    Args:
        operation: an operation of the catalogue.
        path: the expanded path; or its variables by name.
        query: the query parameters; those in a path with a query are included.
        body: the value of `json=` or `xml=`.
        headers: the header fields of the call.
    """
    if operation.safe:
        return ()
    places = operation.idempotency_key
    if places is None or operation.not_idempotent is not None:
        return None
    given = {
        "path": variables(operation, path),
        "query": _query(path, query),
        "header": headers,
        "body": body,
    }
    found = [text for place in places for text in _texts(place, given[place.location])]
    return None if "" in found else tuple(found)


def variables(operation: Operation, path: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values of the path's variables.

    The path is compared from its end, so APIv2 paths without `v2` and whole URLs are also accepted.
    """
    if not isinstance(path, str):
        return path
    segments = path.partition("?")[0].split("/")
    template = operation.segments[1:]
    written = segments[len(segments) - len(template) :]
    if len(written) != len(template) or len(segments) < len(template):
        return {}
    values = {}
    for name, segment in zip(template, written, strict=True):
        if not name.startswith("{"):
            if name != segment:
                return {}
        elif not segment.startswith("{"):
            values[name[1:-1]] = unquote(segment)
    return values


def _query(path: str | Mapping[str, Any], query: Any) -> dict[str, Any]:
    written = parse_qsl(path.partition("?")[2]) if isinstance(path, str) else []
    if isinstance(query, Mapping):
        return {**dict(written), **query}
    if isinstance(query, list | tuple):
        written += [pair for pair in query if isinstance(pair, tuple) and len(pair) == 2]
    return dict(written)


def _texts(place: Number, given: Any) -> Iterator[str]:
    """Yield the values at a place, as sent; an empty string for each missing one."""
    if place.location == "body":
        yield from _inside(given, place.name.split("."))
    elif place.location == "header":
        names = {str(name).lower(): name for name in given or ()}
        yield _text(given[names[place.name.lower()]]) if place.name.lower() in names else ""
    else:
        yield _text(given.get(place.name))


def _inside(value: Any, names: list[str]) -> Iterator[str]:
    if not names:
        yield _text(value)
        return
    value = _opened(value)
    name = names[0].removesuffix("[]")
    inner = value.get(name) if isinstance(value, Mapping) else None
    if name == names[0]:
        yield from _inside(inner, names[1:])
        return
    inner = _opened(inner)
    items = inner if isinstance(inner, list | tuple) else [inner]
    for item in items or [None]:
        yield from _inside(item, names[1:])


def _opened(value: Any) -> Any:
    """Parse a JSON string, such as APIv2's `sub_order_list`; other values stay unchanged."""
    if not isinstance(value, str | bytes):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    """Return a number as sent; empty for other values, such as a `Sensitive`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return "" if text.isspace() else text
