"""Texts that every database can store: PostgreSQL takes no NUL, UTF-8 no lone surrogate."""

from __future__ import annotations

import hashlib
import re

__all__ = ["fitting", "is_storable"]

DIGEST = 64
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether a text can be stored as it is."""
    return UNSTORABLE.search(text) is None


def fitting(text: str, longest: int) -> str:
    """A text that fits a column; of another, a digest stands for what does not fit.

    Args:
        text: of any length.
        longest: characters that the column takes.
    """
    if len(text) <= longest and is_storable(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{UNSTORABLE.sub('?', text[: longest - DIGEST - 1])}:{digest}"
