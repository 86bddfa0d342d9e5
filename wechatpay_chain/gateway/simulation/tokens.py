"""Random tokens that can be pasted anywhere, and numbers as WeChat Pay gives them."""

from __future__ import annotations

import secrets

__all__ = ["random_token", "record_number"]


def random_token(size: int) -> str:
    """A URL-safe random token; it never begins with `-`, which would make it a command's option.

    Args:
        size: of the randomness, in bytes.
    """
    while (drawn := secrets.token_urlsafe(size)).startswith("-"):
        pass
    return drawn


def record_number(kind: str, day: str) -> str:
    """A number as WeChat Pay gives its records: what it is of, the day, and digits.

    Args:
        kind: the digits that the numbers of a kind begin with.
        day: as `20261120`.
    """
    return f"{kind}{secrets.randbelow(10**8):08}{day}{secrets.randbelow(10**8):08}"
