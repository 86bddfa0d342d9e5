"""The nonces of the last minutes."""

from __future__ import annotations

from ...keys.credential import CLOCK_SKEW

__all__ = ["Nonces"]


class Nonces:
    """Nonces of the last minutes: each may be used once."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def use(self, nonce: str, now: float) -> bool:
        """Whether this nonce is new; from now on it is not."""
        while self._seen and next(iter(self._seen.values())) < now - 2 * CLOCK_SKEW:
            del self._seen[next(iter(self._seen))]
        if nonce in self._seen:
            return False
        self._seen[nonce] = now
        return True
