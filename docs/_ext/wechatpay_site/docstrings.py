"""Docstrings as Sphinx reads them: the package writes them as plain text with `code` in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["as_restructured_text", "process"]

CODE = re.compile(r"`+([^`]+)`+")
SPECIAL = re.compile(r"([*|\\]|_(?=\W|$))")
BULLET = re.compile(r" *[*-] ")
SECTION = re.compile(r"[A-Z]\w+:")
MARGIN = "    "


def process(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Sphinx's event `autodoc-process-docstring`; it comes before napoleon's handler."""
    lines[:] = as_restructured_text(lines)
    if what in ("attribute", "data", "property") and lines:
        # napoleon takes what stands before a colon for a type, unless the colon ends the line
        lines[:1] = re.sub(r"(?<=\S): ", ":\n", lines[0], count=1).split("\n")


def as_restructured_text(lines: list[str]) -> list[str]:
    """The same docstring, in which only `code`, lists and indented blocks of code have a meaning.

    So an asterisk or a bar in a docstring can neither break the build nor get lost.

    Args:
        lines: without the margin that they have in their file.
    """
    found: list[str] = []
    where = "text"
    for line in lines:
        indented = line.startswith(MARGIN)
        if line and not indented:
            where = "section" if SECTION.fullmatch(line) else "text"
        elif indented and where == "text" and found and not found[-1]:
            found += ["::", ""]
            where = "code"
        found.append(line if where == "code" else _escaped(line))
    return found


def _escaped(line: str) -> str:
    bullet = BULLET.match(line)
    end = bullet.end() if bullet else 0
    parts = [line[:end]]
    for match in CODE.finditer(line, end):
        parts += [SPECIAL.sub(r"\\\1", line[end : match.start()]), f"``{match[1]}``"]
        end = match.end()
    return "".join([*parts, SPECIAL.sub(r"\\\1", line[end:])])
