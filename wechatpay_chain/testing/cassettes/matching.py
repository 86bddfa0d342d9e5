"""Finds the recorded request that matches an actual one, or explains why none does."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...utils.display import printable
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .requests import numbers_of

__all__ = ["ANY", "MATCH_ON", "matchers", "nearest", "shown"]

ANY = "***"
"""Matches any value; replaces a value in a request that a cassette must not contain."""
MATCH_ON = ("method", "path", "query", "number")
Told = Mapping[str, Any]
Matcher = Callable[[Told, Told], bool]
MOST = 3
"""Maximum number of recorded requests in an error."""


def _same(recorded: Any, asked: Any) -> bool:
    """Return whether two values are equal, or may be equal because one was replaced."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        return recorded.keys() == asked.keys() and all(
            _same(recorded[name], asked[name]) for name in recorded
        )
    if isinstance(recorded, list) and isinstance(asked, list):
        return len(recorded) == len(asked) and all(map(_same, recorded, asked))
    if isinstance(asked, str) and isinstance(recorded, str) and ANY in asked:
        pattern = ".*".join(map(re.escape, asked.split(ANY)))
        return re.fullmatch(pattern, recorded, re.DOTALL) is not None
    return bool(recorded == asked)


def _path(recorded: Told, asked: Told) -> bool:
    return _same(recorded["path"].split("/"), asked["path"].split("/"))


def _number(recorded: Told, asked: Told) -> bool:
    return _same(list(map(list, numbers_of(recorded))), list(map(list, numbers_of(asked))))


def _body(recorded: Told, asked: Told) -> bool:
    kinds = ("json", "xml", "upload", "body")
    return all(_same(recorded.get(kind), asked.get(kind)) for kind in kinds)


MATCHERS: Mapping[str, Matcher] = {
    "method": lambda recorded, asked: recorded["method"] == asked["method"],
    "path": _path,
    "query": lambda recorded, asked: _same(recorded.get("query"), asked.get("query")),
    "number": _number,
    "body": _body,
}


def matchers(names: Sequence[str]) -> Mapping[str, Matcher]:
    """Return the functions that compare two requests.

    Args:
        names: `method`, `path`, `query`, `number`, `body`.

    Raises:
        ConfigurationError: a name is unknown.
    """
    unknown = [each for each in names if each not in MATCHERS]
    if unknown or isinstance(names, str) or not names:
        raise ConfigurationError(
            _(
                "match_on={names!r}: expected some of {matchers}",
                names=printable(names, 80),
                matchers=", ".join(MATCHERS),
            )
        )
    return {name: MATCHERS[name] for name in names}


def shown(told: Told) -> str:
    """Return a request in one line."""
    query = "&".join(f"{name}={value}" for name, value in told.get("query", {}).items())
    line = f"{told['method']} {told['path']}{'?' if query else ''}{query}"
    numbers = [f"{name}={value}" for name, value in numbers_of(told)]
    return printable(" ".join([line, *numbers]), 300)


def nearest(
    recorded: Sequence[tuple[Told, bool]], asked: Told, wanted: Mapping[str, Matcher]
) -> list[str]:
    """Return the recorded requests most similar to a request, each with its differences.

    Args:
        recorded: requests, each with whether it was played.
        asked: the request without a match.
        wanted: the functions that compare requests.
    """
    line = shown(asked)

    def likeness(pair: tuple[Told, bool]) -> tuple[int, float]:
        told = pair[0]
        fitting = sum(matches(told, asked) for matches in wanted.values())
        return fitting, difflib.SequenceMatcher(None, shown(told), line).ratio()

    found = sorted(recorded, key=likeness, reverse=True)[:MOST]
    return [f"{shown(told)} ({_difference(told, played, asked, wanted)})" for told, played in found]


def _difference(told: Told, played: bool, asked: Told, wanted: Mapping[str, Matcher]) -> str:
    other = [name for name, matches in wanted.items() if not matches(told, asked)]
    parts: list[str] = []
    if len(other) == 1:
        parts.append(_("{name} differs", name=other[0]))
    elif other:
        parts.append(_("{names} differ", names=_(" and ").join(other)))
    if played:
        parts.append(_("was already replayed"))
    return _(", ").join(parts) or _("the same")
