"""The parties of an order, named as in each API.

Each API can read orders of the others: APIv3's `mchid`, or `sp_mchid` if a partner acts for a
sub-merchant, is APIv2's `mch_id`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ..funds import sub_merchant
from .records import Order

__all__ = [
    "assert_bound",
    "assert_sub_merchant",
    "in_v2",
    "in_v3",
    "payer_in_v2",
    "payer_in_v3",
    "payer_of",
]

NOT_BOUND = "appid和mch_id不匹配"
WRONG_MERCHANT = "子商户号和订单信息不匹配"
SAME_MERCHANT, NO_MERCHANT, OTHER_MERCHANT = 268443705, 268443704, 268447845


NAMES = {
    "appid": ("sp_appid", "appid"),
    "mchid": ("sp_mchid", "mchid", "mch_id"),
    "sub_appid": ("sub_appid",),
    "sub_mchid": ("sub_mchid", "sub_mch_id"),
}
"""The internal names of the parties, and the names in the APIs."""


def _parties(order: Order) -> dict[str, str]:
    given: Mapping[str, str] = order["parties"]
    found = {name: [given.get(each) for each in theirs] for name, theirs in NAMES.items()}
    return {name: next(filter(None, each)) for name, each in found.items() if any(each)}


def _renamed(order: Order, names: Mapping[str, str]) -> dict[str, str]:
    return {names.get(name, name): value for name, value in _parties(order).items()}


def in_v3(order: Order) -> dict[str, str]:
    """Return the parties with APIv3's names."""
    return _renamed(
        order, {"appid": "sp_appid", "mchid": "sp_mchid"} if sub_merchant(order) else {}
    )


def in_v2(order: Order) -> dict[str, str]:
    """Return the parties with APIv2's names."""
    return _renamed(order, {"mchid": "mch_id", "sub_mchid": "sub_mch_id"})


def payer_of(given: Any) -> dict[str, str]:
    """Return the openids of the payer in a request."""
    names = ("openid", "sp_openid", "sub_openid")
    members = given if isinstance(given, dict) else {}
    return {name: members[name] for name in names if members.get(name)}


def payer_in_v3(order: Order) -> dict[str, str]:
    """Return the payer, with the openids of the order's creation request."""
    own = "sp_openid" if sub_merchant(order) else "openid"
    given: dict[str, str] = order.get("payer") or {}
    told = {own if name == "openid" else name: openid for name, openid in given.items()}
    if order["openid"] in told.values():
        return told
    return {next(iter(told), own): order["openid"]}  # another user has paid


def payer_in_v2(order: Order) -> dict[str, str]:
    """Return the payer with APIv2's names."""
    told = payer_in_v3(order)
    return {"openid" if name == "sp_openid" else name: openid for name, openid in told.items()}


def assert_bound(call: Call, name: str) -> None:
    """Reject an appid that is not bound to the merchant; the request can omit it.

    Raises:
        Rejection: `APPID_MCHID_NOT_MATCH`.
    """
    appid = call.data.get(name)
    if appid and appid not in call.state.profile.apps:
        about = f"{NOT_BOUND}: {appid[:32]}, {call.state.mchid}"
        raise Rejection(400, "APPID_MCHID_NOT_MATCH", about)


def assert_sub_merchant(call: Call, given: Mapping[str, Any], order: Order, location: str) -> None:
    """Reject a partner's request without the order's sub-merchant.

    Args:
        call: the request.
        given: the members that contain `sub_mchid`.
        order: the requested order.
        location: `query` or `body`.

    Raises:
        Rejection: the sub-merchant is missing or wrong.
    """
    sub_mchid = given.get("sub_mchid")
    if not sub_mchid:
        issue = "is required and empty"
        raise Rejection.parameter("sub_mchid", sub_mchid, issue, location, NO_MERCHANT)
    if sub_mchid != sub_merchant(order):
        raise Rejection(400, "INVALID_REQUEST", WRONG_MERCHANT, number=OTHER_MERCHANT)
