"""The controls of WeChat Pay's keys: the ramp from platform certificates to the public key."""

from __future__ import annotations

from ...notifications import key_ramp
from ...state import State
from .product import Label, Product, Record, of_merchant

__all__ = ["Keys"]


class Keys(Product):
    """The ramp from platform certificates to the public key (灰度切换)."""

    label, kind = Label("Keys", "密钥"), "key_ramp"

    @of_merchant
    def start_ramp(self, state: State) -> Record:
        """Start the ramp: the public key signs 0.1 % of notifications, and all in seven days.

        The others are signed under the platform certificate. For responses, the request's
        `Wechatpay-Serial` decides, as ever.
        """
        return _shown(state, key_ramp.start(state.store, state.clock, None, 1))

    @of_merchant
    def set_ramp(self, state: State, share: float, seed: int = 1) -> Record:
        """Have the public key sign a share of the notifications, from now on.

        Args:
            share: from 0 to 1.
            seed: decides which ones; the same seed, the same ones.

        Raises:
            ValueError: the share is less or more.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share {share}: a number from 0 to 1 is expected")
        return _shown(state, key_ramp.start(state.store, state.clock, share, seed))

    @of_merchant
    def stop_ramp(self, state: State) -> Record:
        """Stop the ramp: the key that the merchant uses signs all notifications."""
        key_ramp.stop(state.store)
        return {"share": None, "signs_with": state.identity.signs_with}


def _shown(state: State, ramp: Record) -> Record:
    return {**ramp, "share": key_ramp.current_share(state.store, state.clock)}
