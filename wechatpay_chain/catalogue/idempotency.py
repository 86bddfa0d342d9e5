"""The merchant's own numbers in one call: with them, the call may be repeated.

Where an operation has them is a fact of the catalogue (`Operation.idempotency_key`); here they are
read from what a call was given. Nothing is sent, and nothing that was given is changed.
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
    """The numbers that make it safe to repeat a call; None where it must not be repeated.

    It is None where the operation has no number, where it is not idempotent in spite of its number,
    and where one of the numbers is missing or empty. It is empty, and not None, where the operation
    needs no number because it is `safe`.

    Args:
        operation: from the catalogue.
        path: the path as it was called, with values in it; or its variables by name.
        query: the query's parameters; those of a path with a query count as well.
        body: what is sent as `json=` or `xml=`.
        headers: header fields of the call.
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
    """The values of the path's variables.

    It is read from its end: APIv2's paths may lack the `v2` in front, and a whole URL will do.
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
    """The values at a place, as they are sent; an empty one for each that is missing."""
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
    """What a string of JSON holds, such as APIv2's `sub_order_list`; anything else as it is."""
    if not isinstance(value, str | bytes):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    """A number as it is sent; empty for what is none, a `Sensitive` for example."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)
    return "" if text.isspace() else text
