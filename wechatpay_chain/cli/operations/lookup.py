"""Finds an operation by a path, with or without values, a URL, a chain, an id, or a title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...utils.translation import _
from ..failure import Failure
from ..wording import shown

if TYPE_CHECKING:
    from ...catalogue import Operation

__all__ = ["METHODS", "as_path", "one_operation"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

URL = re.compile(r"^https?://[^/?#]*", re.IGNORECASE)
REQUEST_LINE = re.compile(rf"^({'|'.join(METHODS)})\s+(\S+)(?:\s+HTTP/[\d.]+)?$", re.IGNORECASE)

CHAIN = re.compile(
    r"""^(?:\w+\s*=\s*)?(?:await\s+)?(?:
        wxpay\b
      | (?:\w+\.)*(?=v[23][.\[])
      | (?:\w+\.)*\w+(?=\[["']|\.chain\()
    )""",
    re.VERBOSE,
)
"""The beginning of a chain: any name of a client before a path; or only `v3.`."""

LINK = re.compile(
    r"""\s*(?:
        \.?\s*chain\s*\(\s*(?P<quote>["'])(?P<chain>.*?)(?P=quote)\s*\)
      | \[\s*(?P<mark>["'])(?P<item>.*?)(?P=mark)\s*\]
      | \.?\s*(?P<name>\w+)
    )""",
    re.VERBOSE | re.DOTALL,
)
"""A piece of a chain: `.chain("…")`, `["…"]`, `.name`."""

NAMES = re.compile(r"v[23](?:\.\w+)+")
CHAIN_KEY = "x-wechatpay-chain"

BELOW_HOSTS = ("hk",)
"""The ends of WeChat Pay's base URIs; the path of the chain begins after them."""


class Reading(NamedTuple):
    """A possible interpretation of the argument."""

    method: str | None
    path: str


def one_operation(method: str | None, text: str) -> Operation:
    """Return the operation that matches a text.

    Args:
        method: upper-case HTTP method, or None for any.
        text: a path, a URL, an attribute chain as code has it, an `operationId` or a title.

    Raises:
        Failure: it does not exist, or there are several.
    """
    readings = list(dict.fromkeys(_readings(text.strip())))
    for reading in readings:
        found = _fitting(method or reading.method, reading.path)
        if found:
            return _only(found, text)
    found = _named(method, text.strip())
    if found:
        return _only(found, text)
    raise _unknown(method, text, readings)


def as_path(text: str) -> str:
    """Return a path, or the beginning of one, from any of its forms."""
    from ... import catalogue
    from ...catalogue.registry import product_of

    readings = [reading.path for reading in _readings(text.strip()) if reading.path]
    known = (path for path in readings if product_of(path) or catalogue.node(path).attributes)
    return next(known, next(iter(readings), "")).rstrip("/")


def _readings(text: str) -> Iterator[Reading]:
    """Yield the interpretations of a text, the most likely first."""
    line = REQUEST_LINE.match(text)
    method, text = (line[1].upper(), line[2]) if line else (None, text)
    if CHAIN.match(text):
        for reading in _chain_readings(text):
            for path in _variants(reading.path):
                yield Reading(method or reading.method, path)
        return
    for variant in _variants(text):
        yield Reading(method, variant)


def _variants(text: str) -> Iterator[str]:
    """Yield a path, and its form in the chain: without the base URI, below `v2/`."""
    path = re.split(r"[?#]", URL.sub("", text), maxsplit=1)[0].lstrip("/")
    first, _ignored, rest = path.partition("/")
    for each in (path, rest) if first in BELOW_HOSTS else (path,):
        yield each
        yield each[:-1] if each.endswith("/") else f"{each}/"
        if not each.lower().startswith(("v2", "v3")):
            yield f"v2/{each}"


def _chain_readings(text: str) -> Iterator[Reading]:
    """`wxpay.v3.certificates.get()`: its last name is the verb, or yet another segment."""
    pieces = list(_pieces(text))
    if not pieces:
        return
    last = pieces[-1].removesuffix("_async").upper()
    if last in METHODS:
        yield Reading(last, "/".join(pieces[:-1]))
    yield Reading(None, "/".join(pieces))


def _pieces(text: str) -> Iterator[str]:
    from ...chain.segments import segment

    start = CHAIN.match(text)
    position = start.end() if start else 0
    while link := LINK.match(text, position):
        position = link.end()
        if link["name"] is None:
            yield (link["chain"] or link["item"] or "").strip("/")
            continue
        try:
            yield segment(link["name"]).replace("{empty}", "")
        except AttributeError:
            yield link["name"]


def _fitting(method: str | None, path: str) -> list[Operation]:
    """Return the operations at a path; a more literal template hides less literal ones."""
    from ... import catalogue

    found = [catalogue.find(each, path) for each in ((method,) if method else METHODS)]
    there = [operation for operation in found if operation is not None]
    given = path.split("/")

    def literal(operation: Operation) -> list[bool]:
        return [ours == theirs for ours, theirs in zip(operation.segments, given, strict=True)]

    best = max(map(literal, there), default=[])
    return [operation for operation in there if literal(operation) == best]


def _named(method: str | None, text: str) -> list[Operation]:
    """Return the operations with an id, a title, or a chain that is not a path."""
    from ... import catalogue

    names = NAMES.search(text)
    chain = names[0].removesuffix("_async") if names else ""
    return [
        operation
        for operation in catalogue.operations()
        if method in (None, operation.method)
        and (text in (operation.id, operation.title) or chain == operation.spec[CHAIN_KEY])
    ]


def _only(found: list[Operation], text: str) -> Operation:
    if len(found) == 1:
        return found[0]
    raise Failure(
        _("{text} matches {count} operations; choose one:", text=shown(text), count=len(found)),
        map(_one_line, found),
    )


def _unknown(method: str | None, text: str, readings: list[Reading]) -> Failure:
    """Return an error with alternatives: other methods, paths below it, similar paths."""
    wanted = f"{method} {text}" if method else text
    message = _("the catalogue has no operation {wanted}", wanted=shown(wanted))
    for reading in readings:
        others = _fitting(None, reading.path)
        if others:
            return Failure(
                _("{message}; the methods of this path:", message=message), map(_one_line, others)
            )
    inner = _beginning(readings)
    if inner:
        return Failure(
            _("{message}; operations exist below it", message=message),
            [_("To see them: wechatpay-chain ops tree {inner}", inner=inner)],
        )
    near = _nearest(method, text, readings)
    if near:
        return Failure(message, [_("Did you mean:"), *map(_one_line, near)])
    return Failure(
        message,
        [
            _(
                "Expected a path (v3/refund/domestic/refunds), a URL, a chain "
                "(wxpay.v3.certificates.get) or a title."
            ),
            _("To search: wechatpay-chain ops search WORD; to browse: wechatpay-chain ops tree"),
        ],
    )


def _beginning(readings: list[Reading]) -> str:
    """Return the first interpretation that is the beginning of longer paths."""
    from ... import catalogue

    paths = (reading.path.strip("/") for reading in readings)
    return next((path for path in paths if path and catalogue.node(path).attributes), "")


def _nearest(method: str | None, text: str, readings: list[Reading]) -> list[Operation]:
    from ... import catalogue

    for reading in readings:
        verb = method or reading.method or "GET"
        found = catalogue.suggest(verb, reading.path)
        if found:
            return list(found)
    last = re.split(r"[/.]", text.rstrip("/"))[-1]
    return list(catalogue.search(last)[:3])


def _one_line(operation: Operation) -> str:
    return f"  {operation.method:6} {operation.path}  {operation.title}"
