"""Receipts of single transfers, and the download of all receipts.

Sources: https://pay.weixin.qq.com/docs/merchant/apis/mch-trans/elecsign/accept-elecsign-by-out-no.html,
https://pay.weixin.qq.com/doc/v3/partner/4016315516 (of a service provider: the digest is SM3)
"""

from __future__ import annotations

from typing import Any

from ....call import Call
from ....messages.exchange import Content
from ....state import State
from ... import checks
from ...registry import operation
from .. import records as transfers
from ..records import Transfer
from . import records
from .records import Receipt

__all__ = ["download", "download_voucher"]

ELECSIGN = "v3/fund-app/mch-transfer/elecsign"
OF_PARTNER = "v3/fund-app/mch-transfer/partner/electronic-receipts"
GENERATING = {records.ACCEPTED: "GENERATING"}
"""The name of the state for single transfers."""
TERM = 180 * 86400
"""Seconds after a transfer during which its receipt is available."""


@operation("GET", "v3/transferdownload/signfile")
def download(call: Call) -> Content:
    """Return the file of a receipt."""
    return records.download(call)


@operation("GET", "v3/transferdownload/elecvoucherfile")
def download_voucher(call: Call) -> Content:
    """Return the file of a detail's receipt."""
    return records.download(call)


def _of_bill(state: State, transfer: Transfer, kind: str = "SHA256") -> Receipt:
    number = transfer["out_bill_no"]
    if transfer["state"] != transfers.SUCCESS or not transfer["user_name"]:
        raise records.refuse(f"转账单未成功，或未传入收款用户姓名: {number}")
    if transfer["updated"] + TERM < state.clock.now():
        raise records.refuse(f"转账单已超过六个月: {number}")
    lines = (
        f"商户单号: {number}",
        f"微信转账单号: {transfer['transfer_bill_no']}",
        f"转账金额: {records.yuan(transfer['amount'])}",
        f"转账备注: {transfer['remark']}",
        f"转账时间: {state.clock.rfc3339(transfer['updated'])}",
    )
    sub_mchid = transfer["sub_mchid"]
    return records.apply(state, f"bill-{number}", lines, sub_mchid=sub_mchid, kind=kind)


def _bill_state(receipt: Receipt) -> str:
    return GENERATING.get(str(receipt["state"]), str(receipt["state"]))


def _register_elecsign(name: str) -> None:
    dashed = name.replace("_", "-")

    def transfer_of(state: State, number: str) -> Transfer:
        if name == "transfer_bill_no":
            return transfers.existing_by_id(state, number, "")
        return transfers.existing(state, number, "", wallet="")

    @operation("POST", f"{ELECSIGN}/{dashed}")
    def apply(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        made = _of_bill(call.state, transfer_of(call.state, call.data[name]))
        created = call.state.clock.rfc3339(made["created"])
        return {"state": _bill_state(made), "create_time": created}

    @operation("GET", f"{ELECSIGN}/{dashed}/{{{name}}}")
    def query(call: Call) -> dict[str, Any]:
        transfer = transfer_of(call.state, call.params[name])
        found = records.existing(call.state, f"bill-{transfer['out_bill_no']}")
        reason = {"fail_reason": found["reason"]} if found["reason"] else {}
        return _bill_receipt(call, found) | reason


_register_elecsign("out_bill_no")
_register_elecsign("transfer_bill_no")


def _bill_receipt(call: Call, receipt: Receipt) -> dict[str, Any]:
    return {
        "state": _bill_state(receipt),
        "create_time": call.state.clock.rfc3339(receipt["created"]),
        "update_time": call.state.clock.rfc3339(receipt["updated"]),
        **records.file_of(call, receipt),
    }


@operation("POST", OF_PARTNER)
def apply_for_partner(call: Call) -> dict[str, Any]:
    """Apply for the receipt of a sub-merchant's transfer."""
    checks.accepted(call)
    sub, number = call.data["sub_mchid"], call.data["out_bill_no"]
    made = _of_bill(call.state, transfers.existing(call.state, number, sub, wallet=""), "SM3")
    return {"sub_mchid": sub, "out_bill_no": number, **_bill_receipt(call, made)}


@operation("GET", f"{OF_PARTNER}/{{out_bill_no}}")
def query_for_partner(call: Call) -> dict[str, Any]:
    """Return the receipt of a sub-merchant's transfer."""
    sub, number = call.query.get("sub_mchid", ""), call.params["out_bill_no"]
    transfers.existing(call.state, number, sub, wallet="")
    found = records.existing(call.state, f"bill-{number}")
    return {"sub_mchid": sub, "out_bill_no": number, **_bill_receipt(call, found)}
