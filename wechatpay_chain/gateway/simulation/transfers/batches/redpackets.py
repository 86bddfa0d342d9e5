"""Red packets of a brand (品牌红包): batches of up to ten, without notifications.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4014310358,
https://pay.weixin.qq.com/doc/v3/merchant/4014297334 (one to ten in a batch, and their states)
"""

from __future__ import annotations

from typing import Any

from ....call import Call
from ...registry import operation
from . import records
from .records import Batch, Detail
from .requests import create, listed, times

__all__ = ["send"]

BASE = "v3/fund-app/brand-redpacket"
BY_ID, BY_NUMBER = f"{BASE}/brand-merchant-batches", f"{BASE}/brand-merchant-out-batches"
MOST = 10
"""Maximum number of red packets in a batch."""
VIEW = "DETAIL_VIEW_"


@operation("POST", BY_ID)
def send(call: Call) -> dict[str, Any]:
    """Send red packets to users."""
    about = {name: call.data.get(name) for name in ("brand_id", "brand_appid", "template_id")}
    batch = create(call, BASE, about, prefix="", most=MOST)
    return {
        "out_batch_no": batch["out_batch_no"],
        "batch_no": batch["batch_id"],
        "create_time": times(call, batch)["create_time"],
        "batch_state": batch["state"],
    }


def _by_id(call: Call) -> Batch:
    return records.existing_by_id(call.state, call.params["batch_no"], BASE)


def _by_number(call: Call) -> Batch:
    return records.existing(call.state, call.params["out_batch_no"], BASE)


@operation("GET", f"{BY_ID}/{{batch_no}}")
def batch_by_id(call: Call) -> dict[str, Any]:
    """Return a batch by WeChat Pay's number."""
    return _shown(call, _by_id(call))


@operation("GET", f"{BY_NUMBER}/{{out_batch_no}}")
def batch_by_number(call: Call) -> dict[str, Any]:
    """Return a batch by its merchant-assigned number."""
    return _shown(call, _by_number(call))


@operation("GET", f"{BY_ID}/{{batch_no}}/details/{{detail_no}}")
def detail_by_id(call: Call) -> dict[str, Any]:
    """Return a red packet by WeChat Pay's number."""
    batch = _by_id(call)
    found = records.existing_detail(batch, "detail_id", call.params["detail_no"])
    return _shown_detail(call, batch, found)


@operation("GET", f"{BY_NUMBER}/{{out_batch_no}}/out-details/{{out_detail_no}}")
def detail_by_number(call: Call) -> dict[str, Any]:
    """Return a red packet by its merchant-assigned number."""
    batch = _by_number(call)
    found = records.existing_detail(batch, "out_detail_no", call.params["out_detail_no"])
    return _shown_detail(call, batch, found)


def _shared(call: Call, batch: Batch) -> dict[str, Any]:
    return {
        "brand_mchid": call.state.identity.mchid,
        "out_batch_no": batch["out_batch_no"],
        "batch_no": batch["batch_id"],
        **{name: batch[name] for name in ("brand_id", "brand_appid", "template_id")},
    }


def _shown(call: Call, batch: Batch) -> dict[str, Any]:
    shown = {
        **_shared(call, batch),
        "batch_state": batch["state"],
        "batch_name": batch["name"],
        "batch_remark": batch["remark"],
        "total_amount": batch["total_amount"],
        "total_num": len(batch["details"]),
        **times(call, batch),
        **records.totals(batch),
    }
    if batch["close_reason"]:
        shown["close_reason"] = batch["close_reason"]
    found, _ = listed(call, batch, call.query.get("detail_state", "").removeprefix(VIEW))
    if found:
        shown["detail_list"] = [
            {
                "transfer_detail_no": each["detail_id"],
                "out_detail_no": each["out_detail_no"],
                "detail_state": f"DETAIL_{each['state']}",
            }
            for each in found
        ]
    return shown


def _shown_detail(call: Call, batch: Batch, detail: Detail) -> dict[str, Any]:
    optional = {"fail_reason": detail["reason"], "user_name": detail["user_name"]}
    return {
        **_shared(call, batch),
        "out_detail_no": detail["out_detail_no"],
        "detail_no": detail["detail_id"],
        "detail_state": f"DETAIL_{detail['state']}",
        "amount": detail["amount"],
        "remark": detail["remark"],
        "openid": detail["openid"],
        "initiate_time": call.state.clock.rfc3339(batch["created"]),
        "update_time": call.state.clock.rfc3339(detail["updated"]),
        **{name: value for name, value in optional.items() if value},
    }
