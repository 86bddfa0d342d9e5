"""Random tokens that can be pasted anywhere, and numbers as WeChat Pay gives them."""

from __future__ import annotations

import secrets

__all__ = ["random_token", "record_number"]


def random_token(size: int) -> str:
    """Return a URL-safe random token; it never begins with `-`, like an option.

    Args:
        size: the size of the randomness, in bytes.
    """
    while (drawn := secrets.token_urlsafe(size)).startswith("-"):
        pass
    return drawn


def record_number(kind: str, day: str) -> str:
    """Return a new number in WeChat Pay's format: the kind, the day, and digits.

    Args:
        kind: the digits that the numbers of a kind begin with.
        day: a day such as `20261120`.
    """
    return f"{kind}{secrets.randbelow(10**8):08}{day}{secrets.randbelow(10**8):08}"
