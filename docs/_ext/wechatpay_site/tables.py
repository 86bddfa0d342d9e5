"""Members and parameters as tables: nested, with what is required, allowed and encrypted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wechatpay_chain.catalogue import Member

from .markup import Html, element, join, prose
from .renderer import Renderer

__all__ = ["Row", "rows", "section", "table"]

ENCODINGS = {
    "application/json": "json_string",
    "application/x-www-form-urlencoded": "form_encoded",
    "application/octet-stream": "file",
    "text/xml": "xml_string",
}
"""The label of what a string holds, by its media type."""


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
    renderer: Renderer,
    key: str,
    members: Iterable[Member],
    note: str = "",
    *,
    required: Html | None = None,
) -> Html:
    """A table below its own small heading; nothing if there are no members.

    Args:
        renderer: what the site gives.
        key: of the section's label, and its id, by which a link finds it.
        members: the outermost.
        note: follows the title: a media type, say.
        required: the mark of those that must be there; that of what is sent if None.
    """
    found = rows(members)
    if not found:
        return Html()
    aside = element("code", note) if note else Html()
    title = element("h3", renderer.say(key), " ", aside, id=key)
    return join((title, table(renderer, found, required or renderer.required)))


def table(renderer: Renderer, found: Iterable[Row], required: Html) -> Html:
    """Rows as a table that fits a phone.

    Args:
        renderer: what the site gives.
        found: from `rows`.
        required: the mark of those that must be there.
    """
    titles = (renderer.say(key) for key in ("name", "type", "description"))
    head = element("thead", element("tr", *(element("th", each, scope="col") for each in titles)))
    body = element("tbody", *(_row(renderer, row, required) for row in found))
    return element("table", head, body, class_="wx-members")


def _row(renderer: Renderer, row: Row, required: Html) -> Html:
    member = row.member
    name = element("code", member.name, title=row.path if row.depth else None)
    return element(
        "tr",
        element("td", name, required if member.required else Html()),
        element("td", member.type),
        element("td", *_description(renderer, member)),
        style=f"--depth:{row.depth}" if row.depth else None,
    )


def _description(renderer: Renderer, member: Member) -> Iterator[Html]:
    if member.title:
        chinese = renderer.chinese(member.title)
        yield element("span", member.title, class_="wx-title", lang=chinese)
    if "description" in member.item:
        text = member.item["description"]
        yield element("div", prose(text), class_="wx-prose", lang=renderer.chinese(text))
    if member.encrypted:
        label = f"{renderer.say('encrypted')} · {member.encrypted}"
        yield element("span", label, class_="wx-encrypted")
    if member.encoded:
        key = ENCODINGS.get(member.encoded)
        label = renderer.say(key) if key else member.encoded
        yield element("span", label, class_="wx-encoded")
    if member.enum:
        values = (element("code", str(value)) for value in member.enum)
        yield element("span", join(values, " "), class_="wx-values")
    if member.limits:
        yield element("span", join(_limits(renderer, member), " · "), class_="wx-limits")
    for keyword, key in (("const", "always"), ("default", "default")):
        if keyword in member.item:
            value = element("code", str(member.item[keyword]))
            yield element("span", f"{renderer.say(key)} ", value, class_="wx-values")


def _limits(renderer: Renderer, member: Member) -> Iterator[Html | str]:
    limits = member.limits
    for lower, upper, unit in (
        ("minLength", "maxLength", f" {renderer.say('characters')}"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", f" {renderer.say('items')}"),
    ):
        least, most = limits.get(lower), limits.get(upper)
        if least is not None and most is not None:
            yield f"{least}–{most}{unit}" if least != most else f"{most}{unit}"
        elif most is not None:
            yield f"≤ {most}{unit}"
        elif least is not None:
            yield f"≥ {least}{unit}"
    if "format" in limits:
        formats = {"date-time": renderer.say("date_time"), "uri": "URL"}
        yield formats.get(limits["format"], limits["format"])
    if "pattern" in limits:
        yield element("code", limits["pattern"])
