"""APIv3's payments by the customer's code, for direct merchants and partners, and reversals.

A payment that does not succeed at once is not an error: its `trade_state` is `USERPAYING` or
`PAYERROR`.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012382150
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..refunds import records as refunding
from ..registry import operation
from . import codes, parties
from .limits import hold
from .v3 import BASES, create, own_order, shown

__all__: list[str] = []

FAILED = {
    "BANKERROR": (500, "BANK_ERROR"),
    "SYSTEMERROR": (500, "SYSTEM_ERROR"),
}
"""The errors of payments with an unknown result."""
INVALID = {
    "AUTH_CODE_INVALID": "PARAM_ERROR",
    "AUTH_CODE_ERROR": "INVALID_REQUEST",
    "AUTHCODEEXPIRE": "INVALID_REQUEST",
}
"""APIv3's codes for APIv2's errors of payment codes."""


def _pay(call: Call, partner: bool) -> dict[str, Any]:
    order = create(call, "codepay", partner)
    code = checks.text(call.data["payer"]["auth_code"], "/payer/auth_code", 32)
    try:
        order = codes.charge(call.state, order, code)
    except Rejection as rejection:
        raise Rejection(400, INVALID[rejection.code], rejection.message) from None
    declined = order["declined"]
    if declined in FAILED:
        status, name = FAILED[declined]
        raise Rejection(status, name, codes.MESSAGES[declined], keep=True)
    return shown(call.state, order)


def _reverse(call: Call, partner: bool) -> dict[str, Any]:
    hold(call)
    number = call.params["out_trade_no"]
    order = own_order(call, call.data, partner, number=number, location="body")
    parties.assert_bound(call, "sp_appid" if partner else "appid")
    if not refunding.reverse(call.state, order, "v3"):
        raise Rejection(500, "SYSTEM_ERROR", "系统错误，请重新撤销", keep=True)
    return {**parties.in_v3(order), "out_trade_no": number}


def _register(base: str, partner: bool) -> None:
    @operation("POST", f"{base}/codepay")
    def codepay(call: Call) -> dict[str, Any]:
        return _pay(call, partner)

    @operation("POST", f"{base}/out-trade-no/{{out_trade_no}}/reverse")
    def reverse(call: Call) -> dict[str, Any]:
        return _reverse(call, partner)


for _partner, _base in BASES.items():
    _register(_base, _partner)
