"""Checks the nesting depth of a document before a parser reads it.

Both scans run in linear time for any text.
"""

from __future__ import annotations

import re

__all__ = ["TooDeep", "check_json", "check_xml"]

DEEPEST_JSON = 64
"""Maximum depth of JSON; no operation requires more than a quarter of it."""
DEEPEST_XML = 16
"""Maximum depth of XML; APIv2's fields are below the root, and a few contain elements."""

JSON = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
XML = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<[!?]"  # contains no elements
    r"|<(?P<end>/)|<[^\s<>/\"']++\s*+(?P<empty>/>)?",
    re.DOTALL,
)


class TooDeep(ValueError):
    """Raised if a document is nested too deeply."""


def check_json(text: str, deepest: int = DEEPEST_JSON) -> None:
    """Reject JSON that is nested too deeply; the parser rejects invalid JSON.

    Raises:
        TooDeep: the document is nested too deeply.
    """
    if text.count("[") + text.count("{") <= deepest:
        return
    depth = 0
    for match in JSON.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
            _check(depth, deepest)
        elif mark in "]}":
            depth -= 1


def check_xml(text: str, deepest: int = DEEPEST_XML) -> None:
    """Reject XML that is nested too deeply; the parser rejects malformed XML.

    Raises:
        TooDeep: the document is nested too deeply.
    """
    if text.count("<") <= deepest:
        return
    depth = 0
    for match in XML.finditer(text):
        if match["end"]:
            depth -= 1
        elif not match[0].startswith(("<!", "<?")) and not match["empty"]:
            depth += 1
            _check(depth, deepest)


def _check(depth: int, deepest: int) -> None:
    if depth > deepest:
        raise TooDeep(f"it is nested deeper than {deepest} levels")
