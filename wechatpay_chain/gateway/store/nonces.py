"""Nonces of recent requests."""

from __future__ import annotations

from collections.abc import Mapping

from ...keys.credential import CLOCK_SKEW

__all__ = ["Nonces"]


class Nonces:
    """The nonces of recent requests; each can be used once."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def copy(self) -> dict[str, float]:
        """Return the used nonces with their times."""
        return dict(self._seen)

    def replace(self, seen: Mapping[str, float]) -> None:
        """Replace the used nonces."""
        self._seen = dict(seen)

    def use(self, nonce: str, now: float) -> bool:
        """Return whether a nonce is new, and mark it as used."""
        while self._seen and next(iter(self._seen.values())) < now - 2 * CLOCK_SKEW:
            del self._seen[next(iter(self._seen))]
        if nonce in self._seen:
            return False
        self._seen[nonce] = now
        return True
