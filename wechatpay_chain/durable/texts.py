"""Makes texts storable in all databases: PostgreSQL rejects NUL, UTF-8 a lone surrogate."""

from __future__ import annotations

import hashlib
import re

__all__ = ["fitting", "is_storable"]

DIGEST = 64
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Return whether a text can be stored unchanged."""
    return UNSTORABLE.search(text) is None


def fitting(text: str, longest: int) -> str:
    """Return a text that fits a column; a digest replaces the end of a longer one.

    Args:
        text: a text of any length.
        longest: maximum characters of the column.
    """
    if len(text) <= longest and is_storable(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{UNSTORABLE.sub('?', text[: longest - DIGEST - 1])}:{digest}"
