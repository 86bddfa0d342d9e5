"""Finds what a client signed instead, by trying the common mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, TypeVar

__all__ = ["Finding", "Diagnosis", "changed", "finding", "rewritten", "variants"]

Finding = dict[str, Any]
"""A `code`, for which the pages have a text, and the values in that text."""

Value = TypeVar("Value")
Option = tuple[str, Value]


class Diagnosis:
    """The diagnosis of a signature that does not match.

    Attributes:
        findings: what is wrong.
        signed: the string that the client signed, where it was found; None otherwise.
    """

    __slots__ = ("findings", "signed")

    def __init__(self, *findings: Finding, signed: str | None = None) -> None:
        self.findings = list(findings)
        self.signed = signed


def finding(code: str, **about: Any) -> Finding:
    """A finding."""
    return {"code": code, **about}


def variants(
    plain: Sequence[Any], options: Sequence[Sequence[Option[Any]]]
) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Every way to make one mistake, then every way to make two in different parts.

    Args:
        plain: each part as it should be.
        options: for each part, the mistakes: a code, and what the part is with it.

    Yields:
        The codes, and the parts.
    """
    for index, part in enumerate(options):
        for code, value in part:
            yield (code,), [*plain[:index], value, *plain[index + 1 :]]
    for first, second in combinations(range(len(plain)), 2):
        for code, value in options[first]:
            for other, another in options[second]:
                parts = list(plain)
                parts[first], parts[second] = value, another
                yield (code, other), parts


def rewritten(body: str) -> list[str]:
    """A JSON body as other libraries would write it again; empty for what is no JSON."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found = dict.fromkeys(_forms(value))
    found.pop(body, None)
    return list(found)


def _forms(value: Any) -> Iterable[str]:
    for ascii_only in (False, True):
        for sort in (False, True):
            for separators in ((",", ":"), (", ", ": ")):
                text = json.dumps(
                    value, ensure_ascii=ascii_only, sort_keys=sort, separators=separators
                )
                yield text
                yield text.replace("/", "\\/")  # PHP's json_encode, unless told otherwise
        for indent in (2, 4):
            yield json.dumps(value, ensure_ascii=ascii_only, indent=indent)


def changed(code: str, value: str, made: Iterable[str]) -> list[Option[str]]:
    """Options of one code: those that differ from what should be there."""
    return [(code, each) for each in dict.fromkeys(made) if each != value]
