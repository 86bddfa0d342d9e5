"""The members of a request that was sent, wherever they stand: in its path, query or body.

An error quotes those that it is about, and masks those that no log may have. They are read from
what the call was given; an upload, or a body in bytes, has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..messages.request import Request
from ..utils.display import printable

__all__ = ["masked", "quoted"]

OPENID = "openid"
"""How the names of members end that identify a user."""
MOST = 10_000
"""Members that are looked at; no request has as many."""
DEEPEST = 16
SHOWN = (4, 64)
"""Values that an error quotes, and characters of each."""
SHORTEST = 8
"""Characters of an openid; what is shorter is none, and may occur anywhere in a text."""
MASK = "***"


def quoted(request: Request, names: Iterable[str], template: str = "") -> str:
    """Some members with their values: `out_trade_no "R1", mchid "1900000109"`; else empty.

    Args:
        request: as it was sent.
        names: of members that hold no secret.
        template: of the request's path.
    """
    wanted, (count, length) = set(names), SHOWN
    found = {
        f'{name} "{printable(value, length)}"': None
        for name, value in _members(request, template)
        if name in wanted
    }
    return ", ".join(islice(found, count))


def masked(text: str, request: Request, template: str = "") -> str:
    """A text in which the openids of the request are replaced by `***`.

    Args:
        text: of an error.
        request: as it was sent.
        template: of the request's path.
    """
    for name, value in _members(request, template):
        if name.endswith(OPENID) and len(value) >= SHORTEST:
            text = text.replace(value, MASK)
    return text


def _members(request: Request, template: str) -> Iterator[tuple[str, str]]:
    return islice(_all_members(request, template), MOST)


def _all_members(request: Request, template: str) -> Iterator[tuple[str, str]]:
    """Names and values, as text; what is neither a text nor a number is left out."""
    yield from _texts(request.variables, 1)
    segments = request.operation.strip("/").split("/")
    names = template.strip("/").split("/")[-len(segments) :]
    if len(names) == len(segments):
        for name, segment in zip(names, segments, strict=True):
            if name.startswith("{"):
                yield name[1:-1], unquote(segment)
    yield from parse_qsl(request.target.partition("?")[2])
    yield from _texts(request.options.json, DEEPEST)
    yield from _texts(request.options.xml, DEEPEST)


def _texts(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if depth == 0:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str | int):
                yield str(name), str(inner)
            else:
                yield from _texts(inner, depth - 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, depth - 1)
