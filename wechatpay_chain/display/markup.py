"""HTML that is safe by construction: everything except `Markup` is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

from ..utils.display import printable

__all__ = ["Markup", "element", "joined", "text"]

EMPTY = {"line", "meta", "rect", "input"}
"""Elements without an end tag, or, in SVG, without content."""
LONGEST = 500
"""Maximum characters of a value; a longer one ends in `…`."""


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


def text(value: object, longest: int = LONGEST) -> Markup:
    """Convert a value to text of a page: escaped, and without control characters.

    Args:
        value: the value; `Markup` stays unchanged.
        longest: maximum characters; a longer text ends in `…`.
    """
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(printable(value, longest)))


def element(name: str, /, *content: object, **attributes: object) -> Markup:
    """Return an element.

    Args:
        name: the name of the element.
        content: its content; everything except `Markup` is escaped.
        attributes: names with `_` for `-` (and a trailing one for a Python keyword). None and False
            omit an attribute; True gives an attribute without a value.
    """
    head = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        shown = key.rstrip("_").replace("_", "-")
        head.append(shown if value is True else f'{shown}="{text(value)}"')
    start = f"<{' '.join(head)}>"
    if name in EMPTY and not content:
        return Markup(start if name in {"meta", "input"} else f"{start[:-1]}/>")
    return Markup(f"{start}{joined(content)}</{name}>")


def joined(parts: Iterable[object]) -> Markup:
    """Join parts of a page."""
    return Markup("".join(map(text, parts)))
