"""Operations for reserved transfers, of service providers and for insurance.

Sources: https://pay.weixin.qq.com/docs/partner/apis/platsolution-mch-transfer/transfer-reservation/transfer-reservation-apply.html,
https://pay.weixin.qq.com/doc/v3/merchant/4013774966 (members that must match the reservation)
"""

from __future__ import annotations

from typing import Any

from ....call import Call
from ... import checks
from ...registry import operation
from .. import reservations
from . import records
from .records import Batch, Detail
from .requests import create, listed

__all__ = ["FAMILIES"]

FAMILIES = ("v3/platsolution/mch-transfer", "v3/platsolution/insurance/mch-transfer")
BATCH_STATES = {records.WAIT_PAY: "ACCEPTED", records.FINISHED: "COMPLETED"}
DETAIL_STATES = {records.PROCESSING: "WAIT_PAY"}
"""The states with other names in these operations."""


def _register(base: str) -> None:
    batches, reserved = f"{base}/batches", f"{base}/reservation"

    @operation("POST", f"{batches}/apply")
    def apply(call: Call) -> dict[str, Any]:
        batch = _created(call, base)
        return {
            "out_batch_no": batch["out_batch_no"],
            "batch_id": batch["batch_id"],
            "create_time": call.state.clock.rfc3339(batch["created"]),
            "batch_state": BATCH_STATES.get(batch["state"], batch["state"]),
        }

    def by_id(call: Call) -> Batch:
        sub = call.query.get("sub_mchid", "")
        return records.existing_by_id(call.state, call.params["batch_id"], base, sub)

    def by_number(call: Call) -> Batch:
        sub = call.query.get("sub_mchid", "")
        return records.existing(call.state, call.params["out_batch_no"], base, sub)

    for path, whose, name in (
        ("batch-id/{batch_id}", by_id, "detail_id"),
        ("out-batch-no/{out_batch_no}", by_number, "out_detail_no"),
    ):
        dashed = name.replace("_", "-")

        @operation("GET", f"{batches}/{path}")
        def query(call: Call, whose: Any = whose) -> dict[str, Any]:
            return _shown(call, whose(call))

        @operation("GET", f"{batches}/{path}/details/{dashed}/{{{name}}}")
        def query_detail(call: Call, whose: Any = whose, name: str = name) -> dict[str, Any]:
            batch = whose(call)
            found = records.existing_detail(batch, name, call.params[name])
            return _shown_detail(call, batch, found)

    @operation("POST", f"{reserved}/apply")
    def reserve(call: Call) -> dict[str, Any]:
        made = reservations.create(call, base)
        names = ("sub_mchid", "out_reservation_no", "reservation_id", "state", "package_info")
        accepted = {"accept_time": call.state.clock.rfc3339(made["created"])}
        return {name: made[name] for name in names} | accepted

    def named(call: Call) -> reservations.Reservation:
        checks.accepted(call)
        sub = call.query.get("sub_mchid", "")
        return reservations.existing(call.state, call.params["out_reservation_no"], base, sub)

    @operation("POST", f"{reserved}/out-reservation-no/{{out_reservation_no}}/close")
    def close(call: Call) -> dict[str, Any]:
        return reservations.shown(call.state, reservations.close(call.state, named(call)))

    @operation("GET", f"{reserved}/out-reservation-no/{{out_reservation_no}}")
    def reservation(call: Call) -> dict[str, Any]:
        return reservations.shown(call.state, named(call))

    @operation("GET", f"{reserved}/reservation-id/{{reservation_id}}")
    def reservation_by_id(call: Call) -> dict[str, Any]:
        number, sub = call.params["reservation_id"], call.query.get("sub_mchid", "")
        found = reservations.existing_by_id(call.state, number, base, sub)
        return reservations.shown(call.state, found)


def _created(call: Call, family: str) -> Batch:
    data = call.data
    about = {name: data[name] for name in ("sp_appid", "sub_appid") if data.get(name)}

    def refuse(detail: Detail) -> str:
        batch = {"family": family, **data}
        reason = reservations.claim(call.state, detail["reservation_id"], batch, detail)
        if reason:
            detail["reservation_id"] = ""  # not to be closed or released by this detail
        return reason

    return create(call, family, about, refuse=refuse)


def _shared(call: Call, batch: Batch) -> dict[str, Any]:
    names = ("out_batch_no", "batch_id", "sp_appid", "sub_mchid", "sub_appid")
    created = {"create_time": call.state.clock.rfc3339(batch["created"])}
    return {name: batch[name] for name in names if name in batch} | created


def _shown(call: Call, batch: Batch) -> dict[str, Any]:
    sums = records.totals(batch)
    shown = {
        **_shared(call, batch),
        "batch_state": BATCH_STATES.get(batch["state"], batch["state"]),
        "batch_name": batch["name"],
        "batch_remark": batch["remark"],
        "total_amount": batch["total_amount"],
        "total_num": len(batch["details"]),
        "success_amount": sums["success_amount"],
        "success_num": sums["success_num"],
        "failed_amount": sums["fail_amount"],
        "failed_num": sums["fail_num"],
        "transfer_scene_id": batch["scene"],
    }
    if batch["close_reason"]:
        shown["close_reason"] = batch["close_reason"]
    details, page = listed(call, batch, call.query.get("detail_state", ""))
    data = [
        {
            "detail_id": each["detail_id"],
            "out_detail_no": each["out_detail_no"],
            "detail_state": DETAIL_STATES.get(each["state"], each["state"]),
        }
        for each in details
    ]
    return {"transfer_batch": shown, "data": data, **page}


def _shown_detail(call: Call, batch: Batch, detail: Detail) -> dict[str, Any]:
    shown = {
        **_shared(call, batch),
        "out_detail_no": detail["out_detail_no"],
        "detail_id": detail["detail_id"],
        "detail_state": DETAIL_STATES.get(detail["state"], detail["state"]),
        "transfer_amount": detail["amount"],
        "transfer_remark": detail["remark"],
        "openid": detail["openid"],
    }
    optional = {"fail_reason": detail["reason"], "user_name": detail["user_name"]}
    shown |= {name: value for name, value in optional.items() if value}
    if detail["state"] == records.SUCCESS:
        shown["transfer_finish_time"] = call.state.clock.rfc3339(detail["updated"])
    return shown


for _family in FAMILIES:
    _register(_family)
