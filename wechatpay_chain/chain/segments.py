"""A path segment and the attribute that spells it, either way."""

from __future__ import annotations

import keyword
import re
from functools import lru_cache
from string import ascii_uppercase

from ..utils.translation import _

__all__ = ["attribute", "segment"]

PROBES = ("__", "_ipython_", "_repr_")
"""How the names begin by which Python or a notebook asks an object what it can do."""


@lru_cache(maxsize=4096)
def segment(name: str) -> str:
    """An attribute's name as a path segment.

    `merchantService` and `MerchantService` are `merchant-service`, `_id_` is `{id}`, a Python
    keyword drops its trailing underscore.

    Raises:
        AttributeError: a name that Python or a tool probes for, and no segment.
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
    """The attribute that spells a path segment; None where none can, `addInstitutionsub` say."""
    if text.startswith("{"):
        name = f"_{text[1:-1]}_"
    elif keyword.iskeyword(text):
        name = f"{text}_"
    else:
        name = re.sub("-([a-z])", lambda match: match[1].upper(), text)
    return name if name.isidentifier() and segment(name) == text else None
