"""Operations for batches, of direct merchants and service providers.

Sources: https://pay.weixin.qq.com/docs/merchant/products/batch-transfer-to-balance/apilist.html,
https://pay.weixin.qq.com/docs/partner/products/batch-transfer-accounts-money/apilist.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....call import Call
from ... import checks
from ...registry import operation
from . import records
from .records import Batch, Detail
from .requests import create, listed, times

__all__ = ["DIRECT", "PARTNER"]

DIRECT, PARTNER = "v3/transfer/batches", "v3/partner-transfer/batches"

View = Callable[[Call, Batch], dict[str, Any]]


def _register(base: str, batch_view: View, shared: View, name: str) -> None:
    """Register the queries of a family.

    Args:
        base: the path of the operations.
        batch_view: returns a batch for a query.
        shared: returns the members of a batch that its details also contain.
        name: the member with the receiver's name.
    """
    by_id_path = f"{base}/batch-id/{{batch_id}}"
    by_number_path = f"{base}/out-batch-no/{{out_batch_no}}"

    def detail_view(call: Call, batch: Batch, detail: Detail) -> dict[str, Any]:
        shown = {
            **shared(call, batch),
            "out_detail_no": detail["out_detail_no"],
            "detail_id": detail["detail_id"],
            "detail_status": detail["state"],
            "transfer_amount": detail["amount"],
            "transfer_remark": detail["remark"],
            "openid": detail["openid"],
            name: detail["user_name"],
            "initiate_time": call.state.clock.rfc3339(batch["created"]),
            "update_time": call.state.clock.rfc3339(detail["updated"]),
        }
        return shown | ({"fail_reason": detail["reason"]} if detail["reason"] else {})

    @operation("GET", by_id_path)
    def by_id(call: Call) -> dict[str, Any]:
        return batch_view(call, records.existing_by_id(call.state, call.params["batch_id"], base))

    @operation("GET", by_number_path)
    def by_number(call: Call) -> dict[str, Any]:
        return batch_view(call, records.existing(call.state, call.params["out_batch_no"], base))

    @operation("GET", f"{by_id_path}/details/detail-id/{{detail_id}}")
    def detail_by_id(call: Call) -> dict[str, Any]:
        batch = records.existing_by_id(call.state, call.params["batch_id"], base)
        number = call.params["detail_id"]
        return detail_view(call, batch, records.existing_detail(batch, "detail_id", number))

    @operation("GET", f"{by_number_path}/details/out-detail-no/{{out_detail_no}}")
    def detail_by_number(call: Call) -> dict[str, Any]:
        batch = records.existing(call.state, call.params["out_batch_no"], base)
        number = call.params["out_detail_no"]
        return detail_view(call, batch, records.existing_detail(batch, "out_detail_no", number))


@operation("POST", DIRECT)
def create_direct(call: Call) -> dict[str, Any]:
    """Create a batch of a direct merchant."""
    notify_url = checks.address(call.data.get("notify_url"), "/notify_url")
    about = {"appid": call.data.get("appid"), "notify_url": notify_url}
    batch = create(call, DIRECT, about)
    return _created(call, batch) | {"batch_status": batch["state"]}


@operation("POST", PARTNER)
def create_for_sub_merchant(call: Call) -> dict[str, Any]:
    """Create a batch that a service provider pays with the money of a sub-merchant."""
    names = ("sp_appid", "sub_appid", "authorization_type", "transfer_purpose", "transfer_scene")
    about = {name: call.data[name] for name in names if call.data.get(name)}
    return _created(call, create(call, PARTNER, about))


def _created(call: Call, batch: Batch) -> dict[str, Any]:
    created = {"create_time": times(call, batch)["create_time"]}
    return {name: batch[name] for name in ("out_batch_no", "batch_id")} | created


def _common(call: Call, batch: Batch) -> dict[str, Any]:
    shown = {
        "batch_status": batch["state"],
        "batch_type": "API",
        "batch_name": batch["name"],
        "batch_remark": batch["remark"],
        "total_amount": batch["total_amount"],
        "total_num": len(batch["details"]),
        **times(call, batch),
        **records.totals(batch),
    }
    return shown | ({"close_reason": batch["close_reason"]} if batch["close_reason"] else {})


def _details(call: Call, batch: Batch) -> tuple[list[dict[str, Any]], dict[str, int]]:
    found, page = listed(call, batch, call.query.get("detail_status", ""))
    shown = [
        {
            "detail_id": each["detail_id"],
            "out_detail_no": each["out_detail_no"],
            "detail_status": each["state"],
        }
        for each in found
    ]
    return shown, page


def _of_direct(call: Call, batch: Batch) -> dict[str, Any]:
    numbers = {name: batch[name] for name in ("out_batch_no", "batch_id", "appid")}
    return {"mchid": call.state.identity.mchid} | numbers


def _direct(call: Call, batch: Batch) -> dict[str, Any]:
    shown = _of_direct(call, batch) | _common(call, batch)
    if batch["scene"]:
        shown["transfer_scene_id"] = batch["scene"]
    details, page = _details(call, batch)
    return {"transfer_batch": shown, "transfer_detail_list": details, **page}


def _of_partner(call: Call, batch: Batch) -> dict[str, Any]:
    numbers = {name: batch[name] for name in ("out_batch_no", "batch_id")}
    app = {"appid": batch["sp_appid"]} if batch.get("sp_appid") else {}
    return {"sp_mchid": call.state.identity.mchid, **numbers, **app}


def _partner(call: Call, batch: Batch) -> dict[str, Any]:
    names = ("sp_appid", "sub_appid", "authorization_type", "transfer_purpose", "transfer_scene")
    numbers = {name: batch[name] for name in ("sub_mchid", "out_batch_no", "batch_id")}
    details, _ = _details(call, batch)
    return {
        "sp_mchid": call.state.identity.mchid,
        **numbers,
        **{name: batch[name] for name in names if name in batch},
        **_common(call, batch),
        "transfer_detail_list": details,
    }


_register(DIRECT, _direct, _of_direct, "user_name")
_register(PARTNER, _partner, _of_partner, "username")
