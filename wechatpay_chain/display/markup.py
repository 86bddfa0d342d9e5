"""HTML as text that is safe by construction: only `Markup` is taken as it is."""

from __future__ import annotations

import html
from collections.abc import Iterable

from ..utils.display import printable

__all__ = ["Markup", "element", "joined", "text"]

EMPTY = {"line", "meta", "rect", "input"}
"""Elements without an end tag, or, in SVG, without content."""
LONGEST = 500
"""Characters of a value; what is longer ends in `…`."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: object, longest: int = LONGEST) -> Markup:
    """Any value as text of a page: escaped, and without control characters.

    Args:
        value: what stands there; `Markup` stays as it is.
        longest: characters of it; what is longer ends in `…`.
    """
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(printable(value, longest)))


def element(name: str, /, *content: object, **attributes: object) -> Markup:
    """An element.

    Args:
        name: of the element.
        content: what is in it; all but `Markup` is escaped.
        attributes: their names with `_` for `-` (and one at the end of a Python keyword); None and
            False are left out, True is an attribute without a value.
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
    """Parts of a page, one after the other."""
    return Markup("".join(map(text, parts)))
