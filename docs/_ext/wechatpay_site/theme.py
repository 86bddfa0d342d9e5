"""What the theme leaves to be done: its words in the page's language, and roles of its markup."""

from __future__ import annotations

import re
from collections.abc import Callable

from .labels import ENGLISH, labels

__all__ = ["twin", "words"]

WORDS = (
    "toggle_navigation",
    "toggle_contents",
    "toggle_theme",
    "skip",
    "top",
    "contents",
    "menu",
    "expand",
    "light_mode",
    "dark_mode",
    "auto_light",
    "auto_dark",
)
"""Keys of the labels that the theme has in English, as attributes or as whole texts."""

CAPTION = 'class="caption" role="heading"'
"""The heading of a part of the navigation, which lacks its level."""
SIGNATURE = re.compile(r"<dl>\n(?:<dd>.*</dd>\n)+</dl>")
"""A signature of several lines, which Sphinx writes as a list of definitions without terms."""


def words(language: str) -> Callable[[str], str]:
    """A filter for the template: the page's frame in its language.

    Args:
        language: `en` or `zh`.
    """
    english, said = labels(ENGLISH), labels(language)
    changes = [(f">{english[key]}<", f">{said[key]}<") for key in WORDS]
    changes += [(f'="{english[key]}"', f'="{said[key]}"') for key in WORDS]
    changes.append((f"{english['on_page']}\n", f"{said['on_page']}\n"))
    changes.append((f'="{english["toggle_below"]}', f'="{said["toggle_below"]}'))
    changes = [(old, new) for old, new in changes if old != new]

    def changed(page: str) -> str:
        for old, new in changes:
            page = page.replace(old, new)
        page = page.replace(CAPTION, f'{CAPTION} aria-level="2"')
        return SIGNATURE.sub(_without_roles, page) if "<dl>\n<dd>" in page else page

    return changed


def _without_roles(match: re.Match[str]) -> str:
    silent = match[0].replace("<dl>", '<dl role="presentation">')
    return silent.replace("<dd>", '<dd role="presentation">')


def twin(pagename: str, language: str) -> str:
    """The way from a page to the same page in the other language.

    Args:
        pagename: the page's name, which is the same in both trees.
        language: of this page, `en` or `zh`.
    """
    up = "../" * pagename.count("/")
    return f"{up}zh/{pagename}.html" if language == ENGLISH else f"{up}../{pagename}.html"
