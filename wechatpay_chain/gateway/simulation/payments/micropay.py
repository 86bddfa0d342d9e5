"""APIv2's immediate payments by code or face: `micropay`, `facepay`, `reverse`.

They have no notification; a merchant queries an order while the customer enters the password.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011937125
"""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..refunds import records as refunding
from ..registry import operation
from . import codes, parties
from .v2 import assert_bound, create, existing, shown, shown_paid

__all__ = ["pay", "reverse"]

EACH_COUPON = re.compile("coupon_(count|type|id|fee_)")
"""The fields of the coupons of an order; the response to a payment has their sum alone."""


@operation("POST", "v2/pay/micropay")
def micropay(call: Call) -> dict[str, Any]:
    """Charge the customer by a payment code."""
    return pay(call, "MICROPAY", "auth_code")


@operation("POST", "v2/pay/facepay")
def facepay(call: Call) -> dict[str, Any]:
    """Charge the customer by a face code."""
    return pay(call, "FACEPAY", "face_code")


def pay(call: Call, trade_type: str, name: str, *, deposit: bool = False) -> dict[str, Any]:
    """Create an order and charge it at once.

    Args:
        call: the request.
        trade_type: the trade type of the order.
        name: the member with the customer's code.
        deposit: whether the order is a deposit.

    Raises:
        Rejection: the request is invalid, or the payment did not succeed at once; the order is
            stored nevertheless.
    """
    checks.v2_required(call)
    code, form = checks.v2_text(call, name), codes.FORMS[name]
    order = create(call, trade_type, deposit=deposit)
    order = codes.charge(call.state, order, code, form)
    if order["declined"]:
        reason = order["declined"]
        raise Rejection(200, reason, codes.MESSAGES[reason], keep=True)
    view = shown_paid(call.state, order)
    return {name: value for name, value in view.items() if not EACH_COUPON.match(name)}


@operation("POST", "v2/pay/facepayquery")
def facepayquery(call: Call) -> dict[str, Any]:
    """Return a face payment by either of its numbers."""
    return shown(call.state, existing(call))


@operation("POST", "v2/secapi/pay/facepayreverse")
@operation("POST", "v2/secapi/pay/reverse")
def reverse(call: Call) -> dict[str, Any]:
    """Reverse a payment; `recall` is `Y` if the request must be repeated."""
    order = existing(call)
    done = refunding.reverse(call.state, order, "v2")
    return {**parties.in_v2(order), "recall": "N" if done else "Y"}


@operation("POST", "v2/tools/authcodetoopenid")
def authcodetoopenid(call: Call) -> dict[str, Any]:
    """Return the openid for a code, which stays usable."""
    call.require("appid", "auth_code")
    assert_bound(call)
    data = call.data
    found = codes.existing(call.state, checks.v2_text(call, "auth_code"))
    view = {"appid": data["appid"], "mch_id": call.state.mchid, "openid": found["openid"]}
    if data.get("sub_mch_id"):
        view["sub_mch_id"] = data["sub_mch_id"]
    if data.get("sub_appid"):
        view |= {"sub_appid": data["sub_appid"], "sub_openid": found["openid"]}
    return view
