"""Random tokens that can be pasted anywhere: into a URL, and behind a command."""

from __future__ import annotations

import secrets

__all__ = ["random_token"]


def random_token(size: int) -> str:
    """A URL-safe random token; it never begins with `-`, which would make it a command's option.

    Args:
        size: of the randomness, in bytes.
    """
    while (drawn := secrets.token_urlsafe(size)).startswith("-"):
        pass
    return drawn
