"""Texts of the admin in the active language of Django: English, or Chinese."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import get_language

from ...utils.translation import translated

__all__ = ["lazy_text", "text"]


class _Label:
    """A text that is translated when it is displayed."""

    def __init__(self, template: str) -> None:
        self.template = template

    def __str__(self) -> str:
        return text(self.template)


def lazy_text(template: str) -> Any:
    """Return a lazy text, for names that are defined once and displayed in many languages.

    Args:
        template: the English text, marked with `N_`.
    """
    return lazystr(_Label(template))


def text(template: str, **values: object) -> str:
    """Return a text in the active language.

    Args:
        template: the English text, marked with `N_`.
        values: the values of its fields.
    """
    chinese = (get_language() or "").startswith("zh")
    return translated(template, "zh" if chinese else "en", **values)
