"""What the report says in two languages at once, as HTML."""

from __future__ import annotations

from ...display.markup import Markup, element, joined
from .words import Words

__all__ = ["both"]


def both(words: Words, name: str = "span", /, **attributes: object) -> Markup:
    """The same thing in both languages; the style sheet shows the one that was chosen."""
    return joined(
        [
            element(name, words.zh, lang="zh-CN", **attributes),
            element(name, words.en, lang="en", **attributes),
        ]
    )
