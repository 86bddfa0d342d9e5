"""The nonces of the last minutes."""

from __future__ import annotations

from collections.abc import Mapping

from ...keys.credential import CLOCK_SKEW

__all__ = ["Nonces"]


class Nonces:
    """Nonces of the last minutes: each may be used once."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def copy(self) -> dict[str, float]:
        """Return the nonces that were used, with the time of each."""
        return dict(self._seen)

    def replace(self, seen: Mapping[str, float]) -> None:
        """Forget those that were used, in favour of these."""
        self._seen = dict(seen)

    def use(self, nonce: str, now: float) -> bool:
        """Return whether this nonce is new; from now on it is not."""
        while self._seen and next(iter(self._seen.values())) < now - 2 * CLOCK_SKEW:
            del self._seen[next(iter(self._seen))]
        if nonce in self._seen:
            return False
        self._seen[nonce] = now
        return True
