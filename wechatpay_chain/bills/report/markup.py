"""HTML with the report's text in both languages."""

from __future__ import annotations

from ...display.markup import Markup, element, joined
from .words import Words

__all__ = ["both"]


def both(words: Words, name: str = "span", /, **attributes: object) -> Markup:
    """Return a text in both languages; the style sheet shows the selected one."""
    return joined(
        [
            element(name, words.zh, lang="zh-CN", **attributes),
            element(name, words.en, lang="en", **attributes),
        ]
    )
