"""Random tokens for URLs and command lines, and record numbers in WeChat Pay's format."""

from __future__ import annotations

import secrets

__all__ = ["random_token", "record_number"]


def random_token(size: int) -> str:
    """Return a URL-safe random token that does not begin with `-`, unlike a command-line option.

    Args:
        size: the number of random bytes.
    """
    while (drawn := secrets.token_urlsafe(size)).startswith("-"):
        pass
    return drawn


def record_number(kind: str, day: str) -> str:
    """Return a record number in WeChat Pay's format: the kind, the day, and digits.

    Args:
        kind: the leading digits of the kind of record.
        day: in the format `20261120`.
    """
    return f"{kind}{secrets.randbelow(10**8):08}{day}{secrets.randbelow(10**8):08}"
