"""The limits of a member's value, as JSON schema keywords and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["KEYWORDS", "in_words", "limits"]

KEYWORDS = (
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "format",
    "pattern",
)
FORMATS = {"date-time": "RFC 3339 time", "uri": "URL"}


def limits(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of a schema that limit its value; of an array, also those of its items.

    Args:
        schema: the JSON schema of a member.
    """
    item = schema.get("items", {}) if schema.get("type") == "array" else {}
    return {key: part[key] for part in (item, schema) for key in KEYWORDS if key in part}


def in_words(limited: Mapping[str, Any]) -> tuple[str, ...]:
    """The same for a person: `("6 to 32 characters", "^[0-9A-Za-z]+$")`.

    Args:
        limited: from `limits`.
    """
    return tuple(_phrases(limited))


def _phrases(limited: Mapping[str, Any]) -> Iterator[str]:
    for lower, upper, unit in (
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
    ):
        least, most = limited.get(lower), limited.get(upper)
        if least is not None and least == most:
            yield f"exactly {least}{unit}"
        elif least is not None and most is not None:
            yield f"{least} to {most}{unit}"
        elif most is not None:
            yield f"at most {most}{unit}"
        elif least is not None:
            yield f"at least {least}{unit}"
    if "format" in limited:
        yield FORMATS.get(limited["format"], limited["format"])
    if "pattern" in limited:
        yield limited["pattern"]
