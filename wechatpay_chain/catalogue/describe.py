"""Describes operations and paths of the catalogue as text, for `help()` and a notebook's `?`.

Parameters and responses are tables with one member per line, indented by nesting level:

    amount       object   required  订单金额
      total      integer  required  总金额
      currency   string             货币类型
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .code_samples import code_samples
from .operation import Operation
from .registry import product_of, starting_with
from .schema import Member
from .tree import node

__all__ = ["describe", "line", "outline"]

WIDTH = 100
LONGEST_EXAMPLE = 60
"""Maximum lines of a readable example."""
SERIAL = "Wechatpay-Serial"


def line(operation: Operation) -> str:
    """Return an operation in one line: method, path, and title.

    Args:
        operation: an operation of the catalogue.
    """
    return f"{operation.method} {operation.path} ({operation.title})"


def describe(operation: Operation) -> str:
    """Describe an operation: its purpose, a call, its parameters, and its response.

    Args:
        operation: an operation of the catalogue.
    """
    parts = [_head(operation), _section("How to call it", _calls(operation))]
    parts += [_table(title, members) for title, members in _sent(operation) if members]
    parts.append(_table(_response(operation), operation.response))
    if operation.errors:
        codes = ((f"{each.status} {each.code}", each.en) for each in operation.errors)
        parts.append(_section("Errors", _columns(codes)))
    example = code_samples(operation)[0].code.splitlines()
    if len(example) <= LONGEST_EXAMPLE:
        parts.append(_section("With made-up values", example))
    return "\n\n".join(parts)


def outline(path: str) -> str:
    """Return the verbs and segments that can follow a path, with the titles of operations.

    Args:
        path: the path of a chain, with variables or values for them; the result is empty if the
            catalogue does not have it.
    """
    here = node(path)
    product = product_of(path)
    if product is None:
        names = textwrap.wrap(" ".join(f".{name}" for name in here.attributes), WIDTH - 4)
        return _section("What follows", names) if names else ""
    depth = len(path.lstrip("/").split("/"))
    below: dict[str, list[Operation]] = {name: [] for name in here.attributes}
    ending: list[tuple[str, str]] = []
    for operation in starting_with(product, path.lstrip("/").split("/")):
        if len(operation.attributes) > depth:
            below[operation.attributes[depth]].append(operation)
        else:
            ending.append((f".{operation.verb}(…)", operation.title))
    parts = [
        _section("Verbs", _columns(sorted(ending))) if ending else "",
        _section("What follows", _columns(_following(below, depth + 1))) if below else "",
    ]
    return "\n\n".join(filter(None, parts))


def _following(below: dict[str, list[Operation]], depth: int) -> Iterator[tuple[str, str]]:
    for name, operations in below.items():
        ending = [each for each in operations if len(each.segments) == depth]
        texts = [f"{each.method} {each.title}" for each in ending]
        more = len(operations) - len(ending)
        if more:
            texts.append(f"{more} operation{'s' if more > 1 else ''} below it")
        yield f".{name}", "; ".join(texts)


def _head(operation: Operation) -> str:
    lines = [operation.title, f"{operation.method} {operation.path}", " ".join(operation.tags)]
    if operation.mode:
        who = {"both": "merchants and partners"}.get(operation.mode, f"{operation.mode}s")
        lines.append(f"For {who}.")
    if operation.retired:
        lines.append("WeChat Pay has given this operation up.")
    if operation.not_idempotent:
        reason = f"Not to be repeated automatically: {operation.not_idempotent.en}."
        lines += textwrap.wrap(reason, WIDTH)
    elif operation.idempotency_key:
        names = " and ".join(place.name for place in operation.idempotency_key)
        lines.append(f"Safe to repeat with the same {names}.")
    return "\n".join(lines)


def _calls(operation: Operation) -> list[str]:
    path = ".".join(("wxpay", *operation.attributes, operation.verb))
    given = _arguments(operation)
    named = [f'{name}="{segment}"' for name, segment in operation.constants.items() if segment]
    attribute = ", ".join([*named, *given])
    return [
        f"{path}({attribute})",
        f'wxpay["{operation.path}"].{operation.verb}({", ".join(given)})',
        f"await {path}_async({attribute})",
    ]


def _arguments(operation: Operation) -> list[str]:
    given = [f"{member.name}=…" for member in operation.variables]
    if operation.query:
        given.append("query={…}")
    if operation.body_option:
        given.append("media=…" if operation.body_option == "media" else _option(operation, "{…}"))
    if operation.base_uri:
        given.append(f'base_uri="{operation.base_uri}"')
    flags = [name for name in ("security", "nonceless") if getattr(operation, name)]
    return [*given, *(f"{name}=True" for name in flags)]


def _option(operation: Operation, value: str = "") -> str:
    return f"{operation.body_option}={value}"


def _sent(operation: Operation) -> Iterator[tuple[str, Sequence[Member]]]:
    yield "Variables of the path", operation.variables
    yield "What goes to query=", operation.query
    yield "What goes to headers=", operation.headers
    if operation.body_option == "media":
        yield "The parts of the upload", operation.body
    elif operation.body_option:
        yield f"What goes to {_option(operation)}", operation.body


def _response(operation: Operation) -> str:
    if not operation.response_type:
        return f"What comes back: HTTP {operation.response_status} without a body"
    return f"What comes back: HTTP {operation.response_status}, {operation.response_type}"


class _Row(NamedTuple):
    """One member in a table."""

    name: str
    type: str
    required: str
    text: str
    values: str


def _table(title: str, members: Iterable[Member]) -> str:
    rows = list(_rows(members, 0))
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = []
    for row in rows:
        cells = [f"{row[column]:<{width}}" for column, width in enumerate(widths)]
        lines.append("  ".join([*cells, row.text]).rstrip())
        margin = " " * (sum(widths) + 6)
        lines += textwrap.wrap(
            row.values,
            max(WIDTH, len(margin) + 40),
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return _section(title, lines)


def _rows(members: Iterable[Member], depth: int) -> Iterator[_Row]:
    for member in members:
        text = [member.title]
        if member.encrypted == "RSAES-OAEP":
            text.append("encrypted")
        if member.name == SERIAL:
            text.append("set for you where something is encrypted")
        yield _Row(
            "  " * depth + member.name,
            _type(member),
            "required" if member.required else "",
            "; ".join(filter(None, text)),
            "; ".join(filter(None, [" | ".join(map(str, member.enum)), *member.limits_in_words])),
        )
        yield from _rows(member.members, depth + 1)


def _type(member: Member) -> str:
    if not member.encoded:
        return member.type
    return {
        "application/json": "JSON as text",
        "application/x-www-form-urlencoded": "form as text",
    }.get(member.encoded, "file")


def _columns(pairs: Iterable[tuple[str, str]]) -> list[str]:
    pairs = list(pairs)
    width = max(len(name) for name, _ in pairs)
    return [f"{name:<{width}}  {text}".rstrip() for name, text in pairs]


def _section(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return f"{title}."
    return "\n".join([f"{title}:", "", *(f"    {each}".rstrip() for each in lines)])
