"""The recorded form of a request, for review and to find its response again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from ... import catalogue
from ...catalogue import Operation
from ...messages import xml
from ...messages.identifiers import IDENTIFIERS
from ...messages.request import Request
from .hiding.values import Scrubber, by_name

__all__ = ["described", "is_v2", "numbers_of", "path_of"]

SHOWN = ("Idempotency-Key", "Range")
"""Header fields that distinguish requests."""
LEFT_OUT = ("sign", "nonce_str", "timestamp")
"""APIv2 fields that differ in every request."""


def is_v2(request: Request) -> bool:
    """Return whether a request is for APIv2, which has no `Authorization`."""
    return "Authorization" not in request.headers


def path_of(request: Request) -> str:
    """Return the path as in a chain, without that of `base_uri`; APIv2 begins with `v2/`."""
    path = request.operation.lstrip("/")
    return f"v2/{path}" if is_v2(request) else path


def described(request: Request, scrubber: Scrubber) -> dict[str, Any]:
    """Return a request without secrets and personal data.

    Args:
        request: a sent request, or one to be sent.
        scrubber: replaces its values.
    """
    path, v2 = path_of(request), is_v2(request)
    operation = catalogue.find(request.method, path)
    scrubber.addresses.origin = request.origin
    told: dict[str, Any] = {
        "method": request.method,
        "path": scrubber.addresses.path(request.method, path),
    }
    given = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    pairs = [pair for pair in given if not (v2 and pair[0] in LEFT_OUT)]
    if pairs:
        told["query"] = _gathered(scrubber.addresses.query(pairs))
    headers = {name: request.headers[name] for name in SHOWN if name in request.headers}
    if headers:
        told["headers"] = {name: scrubber.prose(value) for name, value in headers.items()}
    if request.content:
        told |= _body(request, operation, scrubber)
    return told


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return parameters by name; a repeated one has a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _body(request: Request, operation: Operation | None, scrubber: Scrubber) -> dict[str, Any]:
    content = request.content or b""
    members = {} if operation is None else by_name(operation.body)
    kind = request.headers.get("Content-Type", "")
    if kind.lower().startswith("multipart/"):
        meta = _meta(request)
        shown = scrubber.body(meta, {}, answer=False) if meta is not None else None
        return {"upload": {"size": len(content), **({} if shown is None else {"meta": shown})}}
    try:
        if is_v2(request):
            fields = {
                name: value for name, value in xml.loads(content).items() if name not in LEFT_OUT
            }
            return {"xml": scrubber.body(fields, members, answer=False)}
        return {"json": scrubber.body(json.loads(content), members, answer=False)}
    except (ValueError, RecursionError):
        return {"body": {"size": len(content)}}


def _meta(request: Request) -> Any:
    """Return the `meta` that an APIv3 upload signs instead of its body."""
    try:
        return None if request.signed is None else json.loads(request.signed)
    except (ValueError, RecursionError):
        return None


def numbers_of(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the merchant's and WeChat Pay's numbers in the body of a recorded request.

    Args:
        told: a result of `described`.
    """
    found: set[tuple[str, str]] = set()
    for part in ("json", "xml"):
        found.update(_numbers(told.get(part)))
    found.update((name, each) for name, each in told.get("headers", {}).items() if name != "Range")
    return sorted(found)


def _numbers(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            is_number = name in IDENTIFIERS or name.endswith("request_no")
            if is_number and isinstance(each, str | int):
                yield name, str(each)
            else:
                yield from _numbers(each)
