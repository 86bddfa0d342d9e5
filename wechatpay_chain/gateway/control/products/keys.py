"""Controls of WeChat Pay's keys: the rollout from platform certificates to the public key."""

from __future__ import annotations

from ....utils.translation import _
from ...notifications import key_ramp
from ...state import State
from .product import Label, Product, Record, of_merchant

__all__ = ["Keys"]


class Keys(Product):
    """The rollout from platform certificates to the public key (灰度切换)."""

    label, kind = Label("Keys", "密钥"), "key_ramp"

    @of_merchant
    def start_ramp(self, state: State) -> Record:
        """Start the rollout: the public key signs 0.1 % of notifications, and all on day seven.

        The platform certificate signs the others. Responses are still signed with the key that the
        request's `Wechatpay-Serial` names.
        """
        return _shown(state, key_ramp.start(state.store, state.clock, None, 1))

    @of_merchant
    def set_ramp(self, state: State, share: float, seed: int = 1) -> Record:
        """Sign a share of later notifications with the public key.

        Args:
            share: share of the notifications, from 0 to 1.
            seed: selects the notifications; the same seed selects the same ones.

        Raises:
            ValueError: the share is not from 0 to 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(_("share {share}: expected a number from 0 to 1", share=share))
        return _shown(state, key_ramp.start(state.store, state.clock, share, seed))

    @of_merchant
    def stop_ramp(self, state: State) -> Record:
        """Stop the rollout: the merchant's configured key signs all notifications."""
        key_ramp.stop(state.store)
        return {"share": None, "signs_with": state.identity.signs_with}


def _shown(state: State, ramp: Record) -> Record:
    return {**ramp, "share": key_ramp.current_share(state.store, state.clock)}
