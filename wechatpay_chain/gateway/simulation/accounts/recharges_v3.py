"""Operations for recharges, and for the bank transfers of a day.

Sources: https://pay.weixin.qq.com/docs/partner/apis/platsolution-mch-recharge/recharge/get-by-out-no.html,
https://pay.weixin.qq.com/doc/v3/partner/4012763053 (bank transfers of the merchant itself)
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..registry import operation
from . import kinds, recharges
from .members import BANK

__all__ = ["apply", "apply_for_transfer", "close", "income", "query", "query_transfer"]

SUB = "v3/platsolution/ecommerce/recharges"
OWN = "v3/platsolution/ecommerce/bank-transfer-recharges"
SCENES = {"ECOMMERCE_DEPOSIT": kinds.DEPOSIT, "ECOMMERCE_PAYMENT": kinds.OPERATION}
"""The scenes of a sub-merchant's recharge, and the account for each."""
TRANSFERS = ("ECOMMERCE_BANK_TRANSFER",)
DIGITS = 9
"""Maximum number of digits of an offset."""
MOST = 100
"""Maximum number of records in a response."""


@operation("POST", f"{SUB}/apply")
def apply(call: Call) -> dict[str, Any]:
    """Create a recharge of a sub-merchant, to be paid at its `recharge_url`."""
    about, data = _asked(call, tuple(SCENES)), call.data
    expected = SCENES[about["scene"]]
    about["account_type"] = checks.one_of(data["account_type"], "/account_type", (expected,))
    channels = data.get("available_recharge_channels") or list(recharges.CHANNELS)
    for each in channels:
        checks.one_of(each, "/available_recharge_channels", recharges.CHANNELS)
    about |= {"sub_mchid": data["sub_mchid"], "channels": channels}
    made = recharges.create(call.state, about)
    return {
        "recharge_id": made["recharge_id"],
        "out_recharge_no": made["out_recharge_no"],
        "recharge_url": f"{call.state.address}_gateway/#{made['out_recharge_no']}",
    }


def _asked(call: Call, scenes: tuple[str, ...]) -> dict[str, Any]:
    content, data = checks.accepted(call), call.data
    amount, number = data["recharge_amount"], data["out_recharge_no"]
    checks.chinese(amount.get("currency"), "/recharge_amount/currency")
    return {
        "out_recharge_no": checks.number(number, "/out_recharge_no", signs=checks.LETTERS),
        "scene": checks.one_of(data["recharge_scene"], "/recharge_scene", scenes),
        "amount": amount.get("amount"),
        "remark": data.get("remark") or "",
        "notify_url": checks.address(data.get("notify_url"), "/notify_url"),
        "content": content,
    }


@operation("GET", f"{SUB}/out-recharge-no/{{out_recharge_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return a recharge of a sub-merchant."""
    checks.accepted(call)
    number, sub_mchid = call.params["out_recharge_no"], call.query["sub_mchid"]
    return _shown(call, recharges.existing(call.state, number, sub_mchid))


@operation("POST", f"{SUB}/out-recharge-no/{{out_recharge_no}}/close")
def close(call: Call) -> dict[str, Any]:
    """Close an unpaid recharge."""
    checks.accepted(call)
    number, sub_mchid = call.params["out_recharge_no"], call.query["sub_mchid"]
    return _shown(call, recharges.close(call.state, number, sub_mchid))


def _shown(call: Call, recharge: recharges.Recharge) -> dict[str, Any]:
    if not recharge["sub_mchid"]:
        message = f"充值单不存在: {recharge['out_recharge_no']}"
        raise Rejection(404, "RESOURCE_NOT_EXISTS", message)
    view = recharges.members(call.state, recharge)
    return view | {"available_recharge_channels": recharge["channels"]}


@operation("POST", f"{OWN}/apply")
def apply_for_transfer(call: Call) -> dict[str, Any]:
    """Create a bank transfer to an account of the merchant itself."""
    about = _asked(call, TRANSFERS)
    kind = checks.one_of(call.data["account_type"], "/account_type", kinds.KINDS[:3])
    about |= {"account_type": kind, "sub_mchid": "", "channels": [recharges.BANK_TRANSFER]}
    made = recharges.create(call.state, about)
    return {
        "recharge_id": made["recharge_id"],
        "out_recharge_no": made["out_recharge_no"],
        "transfer_in_account": {
            "bank_name": BANK["account_bank"],
            "bank_address_code": "440305",
            "bank_code": "308584000013",
            "bank_account_name": "财付通支付科技有限公司",
            "bank_account_no": f"7559{made['recharge_id'][-15:]}",
        },
    }


@operation("GET", f"{OWN}/out-recharge-no/{{out_recharge_no}}")
def query_transfer(call: Call) -> dict[str, Any]:
    """Return a bank transfer to an account of the merchant itself."""
    recharge = recharges.existing(call.state, call.params["out_recharge_no"], "")
    view = recharges.members(call.state, recharge)
    del view["sub_mchid"]
    view.pop("recharge_channel", None)
    view["mchid"] = view.pop("sp_mchid")
    if "bank_transfer_info" in view:
        names = ("memo", "bank_name", "bank_card_tail")
        view["bank_transfer_info"] = {name: view["bank_transfer_info"][name] for name in names}
    return view


def _register_income(path: str, *, partner: bool) -> None:
    @operation("GET", path)
    def listed(call: Call) -> dict[str, Any]:
        return income(call, path, partner=partner)


_register_income("v3/merchantfund/merchant/income-records", partner=False)
_register_income("v3/merchantfund/partner/income-records", partner=True)


def income(call: Call, path: str, *, partner: bool) -> dict[str, Any]:
    """Return a page of the bank transfers to an account on a day."""
    checks.accepted(call)
    given, state = call.query, call.state
    kind = checks.one_of(given["account_type"], "account_type", kinds.KINDS[:3], "query")
    if checks.day(given["date"]) is None:
        raise Rejection.parameter("date", given["date"], "must be a day: 2026-11-20", "query")
    offset, limit = _whole(given, "offset", 0), _whole(given, "limit", MOST)
    sub_mchid = given["sub_mchid"] if partner else ""
    found = list(recharges.arrived(state, given["date"], kind, sub_mchid))
    owner = {"sub_mchid": sub_mchid} if partner else {"mchid": state.identity.mchid}
    return {
        "total_count": len(found),
        "offset": offset,
        "limit": limit,
        "data": [
            {
                **owner,
                "account_type": kind,
                "income_record_type": "OFFLINERECHARGE",
                "income_record_id": each["recharge_id"],
                "amount": each["amount"],
                "success_time": state.clock.rfc3339(each["ended"]),
                "bank_name": BANK["account_bank"],
                "bank_account_name": "充值商户",
                "bank_account_number": BANK["account_number"],
                "recharge_remark": each["remark"],
            }
            for each in found[offset : offset + limit]
        ],
        "links": {
            name: f"/{path}?{urlencode({**given, 'offset': start, 'limit': limit})}"
            for name, start in (
                ("next", offset + limit),
                ("prev", max(0, offset - limit)),
                ("self", offset),
            )
        },
    }


def _whole(given: dict[str, Any], name: str, most: int) -> int:
    text = given.get(name) or "0"
    if not text.isdecimal() or len(text) > DIGITS or (most and not 1 <= int(text) <= most):
        issue = f"must be 1 to {most}" if most else "must be a whole number"
        raise Rejection.parameter(name, text, issue, "query")
    return int(text)
