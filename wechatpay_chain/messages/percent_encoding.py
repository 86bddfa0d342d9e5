"""Percent-encoding of paths and queries (RFC 3986), the form that is signed and sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from .canonical import text

__all__ = ["append_query", "normalize", "query_string"]

RESERVED = "!$&'()*+,;=:@/"  # reserved characters that RFC 3986 allows in a path
ENCODED = re.compile("%[0-9A-Fa-f]{2}")
AS_IT_STANDS = re.compile("[A-Za-z0-9._~!$&'()*+,;=:@/-]*")


def normalize(path: str, safe: str = RESERVED) -> str:
    """Percent-encode the characters that RFC 3986 does not allow; keep encoded characters.

    A `%` without two hex digits becomes `%25`; hex digits become upper case (RFC 3986, section
    6.2.2.1).
    """
    if AS_IT_STANDS.fullmatch(path):
        return path
    plain = [quote(piece, safe=safe) for piece in ENCODED.split(path)]
    for index, triplet in enumerate(ENCODED.findall(path)):
        plain[index] += triplet.upper()
    return "".join(plain)


def query_string(query: Any) -> str:
    """Percent-encode a query according to RFC 3986 (a space becomes `%20`).

    Args:
        query: a mapping or pairs. None omits a key, an empty string keeps it, and a list repeats
            it. A str must already be encoded.

    Raises:
        ConfigurationError: a value is neither text nor a number.
    """
    try:
        if isinstance(query, str):
            return normalize(query.removeprefix("?"), RESERVED + "?")
        pairs = list(query.items() if isinstance(query, Mapping) else query)
        key = _("a name in query")
        return "&".join(
            f"{quote(text(name, key) or '', safe='')}={quote(value, safe='')}"
            for name, values in pairs
            for item in (values if isinstance(values, list | tuple) else (values,))
            if (value := text(item, f"query {name!r}")) is not None
        )
    except UnicodeEncodeError:
        raise ConfigurationError(
            _("query contains a lone surrogate, which UTF-8 cannot encode")
        ) from None
    except (TypeError, ValueError) as error:
        if isinstance(error, ConfigurationError):
            raise
        raise ConfigurationError(
            _("query is of type {type}; expected a mapping or pairs", type=type(query).__name__)
        ) from None


def append_query(target: str, query: str) -> str:
    """Append a query to a target."""
    if not query:
        return target
    return f"{target}{'&' if '?' in target else '?'}{query}"
