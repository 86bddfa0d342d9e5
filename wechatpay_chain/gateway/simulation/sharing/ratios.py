"""Maximum shares of orders, which the paid merchants have agreed to.

Sources: https://pay.weixin.qq.com/docs/partner/apis/profit-sharing/merchants/query-merchant-ratio.html,
https://pay.weixin.qq.com/wiki/doc/apiv3_partner/apis/chapter8_7_10.shtml (the unit is 1/10000)
"""

from __future__ import annotations

from ...messages.exchange import Rejection
from ...state import State
from .. import funds
from ..payments.records import Order

__all__ = ["KIND", "WHOLE", "assert_within", "of_brand", "ratio", "set_ratio"]

KIND = "sharing-ratio"
WHOLE = 10_000
"""The ratio without a limit."""


def of_brand(brand_mchid: str) -> str:
    """Return the holder of a brand's ratio and receivers; it differs from all sub-merchant IDs."""
    return f"brand-{brand_mchid}"


def ratio(state: State, holder: str) -> int:
    """Return the maximum share of an order, in units of 1/10000.

    Args:
        state: the state of the merchant.
        holder: a sub-merchant or a brand.
    """
    found = state.store.get(KIND, holder)
    return WHOLE if found is None else int(found["max_ratio"])


def set_ratio(state: State, holder: str, max_ratio: int) -> dict[str, object]:
    """Set the maximum share, as a sub-merchant or a brand does on the merchant platform.

    Raises:
        Rejection: the share is out of range.
    """
    if not 0 <= max_ratio <= WHOLE:
        raise Rejection.parameter("max_ratio", max_ratio, f"must be 0 to {WHOLE}")
    record: dict[str, object] = {"holder": holder, "max_ratio": max_ratio}
    state.store.put(KIND, holder, record)
    return record


def assert_within(state: State, order: Order, holder: str, wanted: int) -> None:
    """Reject a request to share more of an order than its merchant has agreed to.

    Args:
        state: the state of the merchant.
        order: the order to share.
        holder: a sub-merchant or a brand.
        wanted: the amount for other receivers in this request, in fen.

    Raises:
        Rejection: `INVALID_REQUEST`.
    """
    limit = order["total"] * ratio(state, holder) // WHOLE
    if limit == order["total"]:
        return
    own = funds.sub_merchant(order) or state.mchid
    for number in order.get("sharings", ()):
        sharing = state.store.get("sharing", number) or {"receivers": []}
        wanted += sum(each["amount"] for each in sharing["receivers"] if each["account"] != own)
    if wanted > limit:
        raise Rejection(400, "INVALID_REQUEST", f"分账金额超出最大分账比例: {wanted} > {limit}")
