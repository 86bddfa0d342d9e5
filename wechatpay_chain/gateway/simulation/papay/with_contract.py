"""Orders with a contract, which the customer pays and signs at the same time.

The order is an ordinary one. The request also creates a contract, which a control signs separately.

Sources: https://pay.weixin.qq.com/wiki/doc/api/wxpay_v2/papay/chapter2_8.shtml (APIv2), and the
catalogue (APIv3)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..payments import v2, v3
from ..registry import operation
from . import contracts
from . import v2 as papay_v2

__all__ = ["contractorder"]

DIRECT, PARTNER = "v3/pay/transactions", "v3/pay/partner/transactions"
NEEDED = ("plan_id", "contract_code", "contract_display_account")


def _register(base: str, kind: str, *, partner: bool) -> None:
    @operation("POST", f"{base}/{kind}-with-contract")
    def create(call: Call) -> dict[str, Any]:
        order = v3.create(call, kind, partner=partner)
        info = call.data["contract_info"]
        if info.get("contract_code"):
            _ask(call, info, partner=partner)
        return {"prepay_id": order["prepay_id"]}


def _ask(call: Call, info: dict[str, Any], *, partner: bool) -> None:
    """Create the contract of an APIv3 order; its notifications are APIv2's."""
    for name in NEEDED:
        if not info.get(name):
            raise Rejection.parameter(f"/contract_info/{name}", None, "is required and empty")
    code = info["contract_code"]
    checks.number(code, "/contract_info/contract_code", longest=32, signs=checks.LETTERS)
    data, payer = call.data, call.data.get("payer") or {}
    about = {
        "family": papay_v2.V2,
        "plan_id": info["plan_id"],
        "appid": data["sp_appid" if partner else "appid"],
        "sub_appid": data.get("sub_appid") or "",
        "sub_mchid": data.get("sub_mchid") or "",
        "openid": payer.get("sp_openid") or payer.get("openid") or "",
        "sub_openid": payer.get("sub_openid") or "",
        "display": info["contract_display_account"],
        "request_serial": info.get("request_serial") or "",
        "notify_url": checks.address(
            info.get("contract_notify_url"), "/contract_info/contract_notify_url"
        ),
    }
    contracts.ask(call.state, code, checks.fingerprint(about), about)


for _kind in ("app", "jsapi"):
    _register(DIRECT, _kind, partner=False)
    _register(PARTNER, _kind, partner=True)


@operation("POST", "v2/pay/contractorder")
def contractorder(call: Call) -> dict[str, Any]:
    """Create an APIv2 order with a contract."""
    checks.v2_required(call)
    for name, same in (("contract_mchid", "mch_id"), ("contract_appid", "appid")):
        if call.data.get(name) != call.data.get(same):
            raise Rejection.parameter(name, call.data.get(name), f"must be {same}")
    ordered = v2.ordered(call)
    asked = papay_v2.asked(call, "contract_notify_url")
    return {
        **ordered,
        "contract_result_code": "SUCCESS",
        "plan_id": asked["plan_id"],
        "request_serial": asked["request_serial"],
        "contract_code": asked["out_contract_code"],
        "contract_display_account": asked["display"],
        "out_trade_no": call.data["out_trade_no"],
    }
