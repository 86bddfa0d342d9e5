"""The members of a sent request, in its path, query or body.

An error quotes the members that it concerns, and masks those that must not be logged. The members
are read from the arguments of the call; uploads and bodies in bytes have none.
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
"""The suffix of member names that identify a user."""
MOST = 10_000
"""Maximum number of members to read; requests have far fewer."""
DEEPEST = 16
SHOWN = (4, 64)
"""Maximum number of values quoted in an error, and of characters of each."""
SHORTEST = 8
"""Minimum characters of an openid; a shorter text may occur anywhere by chance."""
MASK = "***"


def quoted(request: Request, names: Iterable[str], template: str = "") -> str:
    """Return members with their values: `out_trade_no "R1", mchid "1900000109"`; may be empty.

    Args:
        request: the sent request.
        names: names of members that contain no secret.
        template: the template of the request's path.
    """
    wanted, (count, length) = set(names), SHOWN
    found = {
        f'{name} "{printable(value, length)}"': None
        for name, value in _members(request, template)
        if name in wanted
    }
    return ", ".join(islice(found, count))


def masked(text: str, request: Request, template: str = "") -> str:
    """Replace the openids of a request in a text by `***`.

    Args:
        text: the text of an error.
        request: the sent request.
        template: the template of the request's path.
    """
    for name, value in _members(request, template):
        if name.endswith(OPENID) and len(value) >= SHORTEST:
            text = text.replace(value, MASK)
    return text


def _members(request: Request, template: str) -> Iterator[tuple[str, str]]:
    return islice(_all_members(request, template), MOST)


def _all_members(request: Request, template: str) -> Iterator[tuple[str, str]]:
    """Yield names and values as text; values that are neither text nor numbers are omitted."""
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
