"""Transfers to a user's balance, confirmed by the user: for merchants, partners and platforms.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012716434 (create),
https://pay.weixin.qq.com/doc/v3/merchant/4012716458 (cancel),
https://pay.weixin.qq.com/doc/v3/merchant/4014399293 (with an authorization for later transfers),
https://pay.weixin.qq.com/doc/v3/merchant/4014399371 (to a user who has authorized the merchant)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..registry import operation
from . import authorizations, records, sub_merchants
from .records import Transfer
from .requests import read

__all__ = ["DIRECT", "PARTNER", "PLATFORM"]

DIRECT = "v3/fund-app/mch-transfer/transfer-bills"
PARTNER = "v3/fund-app/mch-transfer/partner/transfer-bills"
PLATFORM = "v3/ecommerce/mch-transfer/transfer-bills"


def _register(base: str, *, partner: bool, by_id: bool = True) -> None:
    def whose(named: Any) -> str:
        return str(named.get("sub_mchid", "")) if partner else ""

    @operation("POST", base)
    def create(call: Call) -> dict[str, Any]:
        return _accepted(call.state, _created(call))

    @operation("GET", f"{base}/out-bill-no/{{out_bill_no}}")
    def by_number(call: Call) -> dict[str, Any]:
        sub = whose(call.query)
        number = call.params["out_bill_no"]
        return _shown(call.state, records.existing(call.state, number, sub, wallet=""))

    @operation("POST", f"{base}/out-bill-no/{{out_bill_no}}/cancel")
    def cancel(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        sub, number = whose(call.data), call.params["out_bill_no"]
        return _cancel(call.state, records.existing(call.state, number, sub, wallet=""))

    if by_id:

        @operation("GET", f"{base}/transfer-bill-no/{{transfer_bill_no}}")
        def by_transfer_number(call: Call) -> dict[str, Any]:
            number = call.params["transfer_bill_no"]
            return _shown(call.state, records.existing_by_id(call.state, number, whose(call.query)))


_register(DIRECT, partner=False)
_register(PARTNER, partner=True, by_id=False)
_register(PLATFORM, partner=True)


@operation("POST", f"{DIRECT}/pre-transfer-with-authorization")
def with_authorization(call: Call) -> dict[str, Any]:
    """Create a transfer that also requests an authorization at its confirmation."""
    made = _created(call)
    asked = made.get("authorization") or {}
    names = ("user_display_name", "out_authorization_no")
    return _accepted(call.state, made) | {name: asked[name] for name in names if name in asked}


@operation("POST", f"{PARTNER}/pre-transfer-with-authorization")
def with_authorization_for_partner(call: Call) -> dict[str, Any]:
    """Create a transfer of a service provider that also requests an authorization."""
    return _accepted(call.state, _created(call))


@operation("POST", f"{DIRECT}/transfer")
@operation("POST", f"{PARTNER}/transfer")
def to_authorized(call: Call) -> dict[str, Any]:
    """Transfer money at once to a user who has authorized the merchant."""
    content, state = checks.accepted(call), call.state
    known = records.repeated(state, call.data["out_bill_no"], content)
    if known is None:
        authorized = authorizations.in_effect(call)
        bill = read(call, authorized["openid"])
        sub_merchants.assert_authorized(state, bill["sub_mchid"])
        known = records.create(state, bill | {"content": content}, records.SUCCESS)
    return _shown(state, known)


def _created(call: Call) -> Transfer:
    """Create a transfer, or return the existing one for an identical request."""
    content, state = checks.accepted(call), call.state
    known = records.repeated(state, call.data["out_bill_no"], content)
    if known is not None:
        return known
    bill = read(call)
    sub_merchants.assert_authorized(state, bill["sub_mchid"])
    if call.data.get("authorization_info"):
        bill["authorization"] = authorizations.asked_for(call, bill)
    return records.create(state, bill | {"content": content})


def _accepted(state: State, transfer: Transfer) -> dict[str, Any]:
    view = _view(state, transfer, "out_bill_no", "transfer_bill_no", "create_time", "state")
    if transfer["state"] == records.WAITING:
        view["package_info"] = transfer["package_info"]
    if transfer.get("reason"):
        view["fail_reason"] = transfer["reason"]
    return view


def _view(state: State, transfer: Transfer, *names: str) -> dict[str, Any]:
    full = records.shown(state, transfer)
    return {name: full[name] for name in ("sub_mchid", *names) if name in full}


def _cancel(state: State, transfer: Transfer) -> dict[str, Any]:
    """Cancel a transfer; the response shows it as being cancelled, a query as cancelled."""
    ended, state_shown = records.cancel(state, transfer)
    view = _view(state, ended, "out_bill_no", "transfer_bill_no", "update_time")
    return view | {"state": state_shown}


def _shown(state: State, transfer: Transfer) -> dict[str, Any]:
    optional = {
        "user_name": transfer["user_name"],
        "transfer_scene_id": transfer["scene"] if transfer["sub_mchid"] else "",
    }
    return {
        **records.shown(state, transfer),
        "appid": transfer["appid"],
        "transfer_remark": transfer["remark"],
        **{name: value for name, value in optional.items() if value},
    }
