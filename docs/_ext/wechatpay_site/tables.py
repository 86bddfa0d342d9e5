"""Members and parameters as tables: nested, with what is required, allowed and encrypted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wechatpay_chain.catalogue import Member

from .markup import Html, element, join, prose

__all__ = ["REQUIRED", "RETURNED", "Row", "rows", "section", "table"]

REQUIRED = element("span", "必填 required", class_="wx-required")
"""The mark of what must be sent."""
RETURNED = element("span", "必填 required", class_="wx-returned")
"""The same, as WeChat Pay's documentation says it of what comes back."""

ENCODINGS = {
    "application/json": "JSON 字符串 JSON in a string",
    "application/x-www-form-urlencoded": "表单编码 form-encoded",
    "application/octet-stream": "文件 file",
    "text/xml": "XML 字符串 XML in a string",
}

FORMATS = {"date-time": "RFC 3339 时间 time", "uri": "URL"}

HEAD = element(
    "thead",
    element(
        "tr",
        element("th", "参数 Name", scope="col"),
        element("th", "类型 Type", scope="col"),
        element("th", "说明 Description", scope="col"),
    ),
)


class Row(NamedTuple):
    """A member at its place in the tree.

    Attributes:
        member: what stands there.
        path: from the outermost name to its own: `amount.total`.
        depth: 0 for the outermost.
    """

    member: Member
    path: str
    depth: int


def rows(members: Iterable[Member], *, opened: bool = True) -> tuple[Row, ...]:
    """A tree of members as a list, each followed by what is in it.

    Args:
        members: the outermost.
        opened: whether what travels encrypted as a whole is shown with its content.
    """
    return tuple(_rows(members, "", 0, opened))


def _rows(members: Iterable[Member], above: str, depth: int, opened: bool) -> Iterator[Row]:
    for member in members:
        path = f"{above}{member.name}"
        yield Row(member, path, depth)
        if opened or not member.encrypted:
            yield from _rows(member.members, f"{path}.", depth + 1, opened)


def section(
    title: str,
    ident: str,
    members: Iterable[Member],
    note: str = "",
    *,
    required: Html = REQUIRED,
) -> Html:
    """A table below its own small heading; nothing if there are no members.

    Args:
        title: of the section, in both languages.
        ident: by which a link finds it.
        members: the outermost.
        note: follows the title: a media type, say.
        required: the mark of those that must be there.
    """
    found = rows(members)
    if not found:
        return Html()
    aside = element("code", note) if note else Html()
    return join((element("h3", title, " ", aside, id=ident), table(found, required)))


def table(found: Iterable[Row], required: Html = REQUIRED) -> Html:
    """Rows as a table that fits a phone.

    Args:
        found: from `rows`.
        required: the mark of those that must be there.
    """
    body = element("tbody", *(_row(row, required) for row in found))
    return element("table", HEAD, body, class_="wx-members")


def _row(row: Row, required: Html) -> Html:
    member = row.member
    name = element("code", member.name, title=row.path if row.depth else None)
    return element(
        "tr",
        element(
            "td",
            name,
            required if member.required else Html(),
        ),
        element("td", member.type),
        element("td", *_description(member)),
        style=f"--depth:{row.depth}" if row.depth else None,
    )


def _description(member: Member) -> Iterator[Html]:
    if member.title:
        yield element("span", member.title, class_="wx-title")
    if "description" in member.item:
        yield element("div", prose(member.item["description"]), class_="wx-prose")
    if member.encrypted:
        yield element("span", f"加密 encrypted · {member.encrypted}", class_="wx-encrypted")
    if member.encoded:
        yield element("span", ENCODINGS.get(member.encoded, member.encoded), class_="wx-encoded")
    if member.enum:
        values = (element("code", str(value)) for value in member.enum)
        yield element("span", join(values, " "), class_="wx-values")
    if member.limits:
        yield element("span", join(_limits(member), " · "), class_="wx-limits")
    for keyword, label in (("const", "固定 always"), ("default", "默认 default")):
        if keyword in member.item:
            value = element("code", str(member.item[keyword]))
            yield element("span", f"{label} ", value, class_="wx-values")


def _limits(member: Member) -> Iterator[Html | str]:
    limits = member.limits
    for lower, upper, unit in (
        ("minLength", "maxLength", " 字符 characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " 项 items"),
    ):
        least, most = limits.get(lower), limits.get(upper)
        if least is not None and most is not None:
            yield f"{least}–{most}{unit}" if least != most else f"{most}{unit}"
        elif most is not None:
            yield f"≤ {most}{unit}"
        elif least is not None:
            yield f"≥ {least}{unit}"
    if "format" in limits:
        yield FORMATS.get(limits["format"], limits["format"])
    if "pattern" in limits:
        yield element("code", limits["pattern"])
