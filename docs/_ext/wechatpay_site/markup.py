"""HTML from function calls: what is not markup already is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

__all__ = ["Html", "coded", "element", "join", "prose"]

EMPTY = frozenset({"br", "input"})
"""Elements that have no content, and no closing tag."""


class Html(str):
    """Text that is markup already, and therefore not escaped again."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | bool | None) -> Html:
    """One element.

    Args:
        name: of the element.
        children: its content; `Html` stays as it is, any other text is escaped.
        attributes: an underscore at the end of a name is dropped (`class_`), others become hyphens;
            None and False leave the attribute out, True gives it no value.
    """
    written = "".join(
        f" {_attribute(key)}" if value is True else f' {_attribute(key)}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in EMPTY:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[str], between: str = "") -> Html:
    """Several pieces as one.

    Args:
        children: `Html` stays as it is, any other text is escaped.
        between: likewise.
    """
    return Html(_html(between).join(map(_html, children)))


def coded(text: str) -> Html:
    """A line with `code` in it.

    Args:
        text: as people write it.
    """
    return join(_spans(text))


def prose(text: str) -> Html:
    """Paragraphs with `code` in them; nothing for an empty text.

    Args:
        text: as people write it, an empty line between two paragraphs.
    """
    paragraphs = (each.strip() for each in text.split("\n\n") if each.strip())
    return join(element("p", *_spans(each)) for each in paragraphs)


def _spans(paragraph: str) -> Iterable[str]:
    for index, part in enumerate(paragraph.split("`")):
        yield element("code", part) if index % 2 else part


def _html(text: str) -> str:
    return text if isinstance(text, Html) else escape(text)


def _attribute(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")
