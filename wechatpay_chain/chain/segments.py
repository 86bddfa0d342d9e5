"""Conversion between path segments and attribute names."""

from __future__ import annotations

import keyword
import re
from functools import lru_cache
from string import ascii_uppercase

from ..utils.translation import _

__all__ = ["attribute", "segment"]

PROBES = ("__", "_ipython_", "_repr_")
"""Prefixes of the names with which Python or a notebook probes an object."""


@lru_cache(maxsize=4096)
def segment(name: str) -> str:
    """Return the path segment for an attribute name.

    `merchantService` and `MerchantService` become `merchant-service`, `_id_` becomes `{id}`, and a
    Python keyword loses its trailing underscore.

    Raises:
        AttributeError: the name is a probe of Python or a tool, or gives no segment.
    """
    if name.startswith("_"):
        if len(name) < 3 or not name.endswith("_") or name.startswith(PROBES):
            raise AttributeError(
                _("{name!r} is not a path segment; write chain({name!r}) if it is", name=name)
            )
        return f"{{{name[1:-1]}}}"
    if name.endswith("_") and keyword.iskeyword(name[:-1]):
        return name[:-1]
    kebab = "".join(f"-{sign.lower()}" if sign in ascii_uppercase else sign for sign in name)
    return kebab.removeprefix("-")


def attribute(text: str) -> str | None:
    """Return the attribute name for a path segment, or None, as for `addInstitutionsub`."""
    if text.startswith("{"):
        name = f"_{text[1:-1]}_"
    elif keyword.iskeyword(text):
        name = f"{text}_"
    else:
        name = re.sub("-([a-z])", lambda match: match[1].upper(), text)
    return name if name.isidentifier() and segment(name) == text else None
