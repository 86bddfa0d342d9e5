"""Receipts of batches of transfers, and of their details.

Sources: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter4_3_7.shtml (of batches),
https://pay.weixin.qq.com/docs/merchant/apis/batch-transfer-to-balance/electronic-receipt-api/create-electronic-receipt.html,
https://pay.weixin.qq.com/docs/partner/apis/platsolution-mch-transfer/receipts/receipts-apply-by-batch-out-no.html
"""

from __future__ import annotations

from typing import Any

from ....call import Call
from ....state import State
from ... import checks
from ...registry import operation
from ..batches import records as batches
from ..batches.platform import FAMILIES
from ..batches.records import Batch
from ..batches.v3 import DIRECT, PARTNER
from . import records
from .records import Receipt

__all__ = ["apply", "apply_for_detail"]

OF_BATCH, OF_DETAIL = "v3/transfer/bill-receipt", "v3/transfer-detail/electronic-receipts"
BATCH_TERM, DETAIL_TERM = 30 * 86400, 2 * 365 * 86400
"""Seconds after a batch and a detail during which a receipt is available."""


def _of_batch(state: State, batch: Batch) -> Receipt:
    number, sums = batch["out_batch_no"], batches.totals(batch)
    if batch["state"] != batches.FINISHED or not sums["success_num"]:
        raise records.refuse(f"批次未完成，或没有成功的明细: {number}")
    if not any(each["user_name"] for each in batch["details"]):
        raise records.refuse(f"未传入收款用户姓名: {number}")
    if batch["updated"] + BATCH_TERM < state.clock.now():
        raise records.refuse(f"批次已超过 30 天: {number}")
    lines = (
        f"商家批次单号: {number}",
        f"微信批次单号: {batch['batch_id']}",
        f"成功笔数: {sums['success_num']}",
        f"成功金额: {records.yuan(sums['success_amount'])}",
        f"完成时间: {state.clock.rfc3339(batch['updated'])}",
    )
    return records.apply(state, f"batch-{number}", lines, sub_mchid=batch["sub_mchid"])


def _of_detail(state: State, batch: Batch, out_detail_no: str) -> Receipt:
    detail = batches.existing_detail(batch, "out_detail_no", out_detail_no)
    if detail["state"] != batches.SUCCESS or not detail["user_name"]:
        raise records.refuse(f"明细单未成功，或未传入收款用户姓名: {out_detail_no}")
    if detail["updated"] + DETAIL_TERM < state.clock.now():
        raise records.refuse(f"明细单已超过两年: {out_detail_no}")
    lines = (
        f"商家批次单号: {batch['out_batch_no']}",
        f"商家明细单号: {out_detail_no}",
        f"微信明细单号: {detail['detail_id']}",
        f"转账金额: {records.yuan(detail['amount'])}",
        f"转账备注: {detail['remark']}",
        f"转账时间: {state.clock.rfc3339(detail['updated'])}",
    )
    key = f"detail-{batch['out_batch_no']}-{out_detail_no}"
    return records.apply(state, key, lines, sub_mchid=batch["sub_mchid"])


def _named_batch(state: State, number: str) -> Batch:
    """Return a batch of a merchant or a service provider, which share these operations."""
    batch = batches.existing(state, number)
    if batch["family"] not in (DIRECT, PARTNER):
        raise batches.absent(number)
    return batch


@operation("POST", OF_BATCH)
def apply(call: Call) -> dict[str, Any]:
    """Apply for the receipt of a batch."""
    checks.accepted(call)
    batch = _named_batch(call.state, call.data["out_batch_no"])
    return _batch_receipt(call, batch, _of_batch(call.state, batch))


@operation("GET", f"{OF_BATCH}/{{out_batch_no}}")
def query_batch(call: Call) -> dict[str, Any]:
    """Return the receipt of a batch."""
    batch = _named_batch(call.state, call.params["out_batch_no"])
    found = records.existing(call.state, f"batch-{batch['out_batch_no']}")
    return _batch_receipt(call, batch, found)


def _batch_receipt(call: Call, batch: Batch, receipt: Receipt) -> dict[str, Any]:
    return {
        "out_batch_no": batch["out_batch_no"],
        "signature_no": receipt["signature_no"],
        "signature_status": receipt["state"],
        "create_time": call.state.clock.rfc3339(receipt["created"]),
        "update_time": call.state.clock.rfc3339(receipt["updated"]),
        **records.file_of(call, receipt),
    }


@operation("POST", OF_DETAIL)
def apply_for_detail(call: Call) -> dict[str, Any]:
    """Apply for the receipt of a detail."""
    checks.accepted(call)
    batch, number = _batch_of_detail(call, call.data)
    return _detail_receipt(call, call.data, _of_detail(call.state, batch, number))


@operation("GET", OF_DETAIL)
def query_detail(call: Call) -> dict[str, Any]:
    """Return the receipt of a detail."""
    checks.accepted(call)
    batch, number = _batch_of_detail(call, call.query)
    found = records.existing(call.state, f"detail-{batch['out_batch_no']}-{number}")
    return _detail_receipt(call, call.query, found)


def _batch_of_detail(call: Call, given: dict[str, Any]) -> tuple[Batch, str]:
    if given["accept_type"] != "BATCH_TRANSFER":
        raise records.refuse(f"没有 {given['accept_type']} 的转账单: {given['out_detail_no']}")
    return _named_batch(call.state, given.get("out_batch_no") or ""), given["out_detail_no"]


def _detail_receipt(call: Call, given: dict[str, Any], receipt: Receipt) -> dict[str, Any]:
    names = ("accept_type", "out_batch_no", "out_detail_no")
    path = f"elecvoucherfile?source={given['accept_type']}&"
    return {
        **{name: given[name] for name in names},
        "signature_no": receipt["signature_no"],
        "signature_status": receipt["state"],
        **records.file_of(call, receipt, path),
    }


def _register_reserved(base: str) -> None:
    batch_path = f"{base}/batches/summary-receipts/out-batch-no/{{out_batch_no}}"
    detail_path = f"{base}/batches/detail-receipts/out-batch-no/{{out_batch_no}}"
    detail_path += "/out-detail-no/{out_detail_no}"

    def batch_of(call: Call, sub_mchid: str) -> Batch:
        return batches.existing(call.state, call.params["out_batch_no"], base, sub_mchid)

    @operation("POST", f"{batch_path}/apply")
    def apply_for_all(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        batch = batch_of(call, call.data["sub_mchid"])
        return _reserved(batch, _of_batch(call.state, batch))

    @operation("GET", batch_path)
    def query(call: Call) -> dict[str, Any]:
        batch = batch_of(call, call.query.get("sub_mchid", ""))
        found = records.existing(call.state, f"batch-{batch['out_batch_no']}")
        ids = {"batch_id": batch["batch_id"]}
        return ids | _reserved(batch, found) | records.file_of(call, found)

    @operation("POST", f"{detail_path}/apply")
    def apply_for_one(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        batch, number = batch_of(call, call.data["sub_mchid"]), call.params["out_detail_no"]
        made = _of_detail(call.state, batch, number)
        return _reserved(batch, made) | {"out_detail_no": number}

    @operation("GET", detail_path)
    def query_one(call: Call) -> dict[str, Any]:
        batch = batch_of(call, call.query.get("sub_mchid", ""))
        number = call.params["out_detail_no"]
        detail = batches.existing_detail(batch, "out_detail_no", number)
        found = records.existing(call.state, f"detail-{batch['out_batch_no']}-{number}")
        ids = {"batch_id": batch["batch_id"], "detail_id": detail["detail_id"]}
        ids |= {"out_detail_no": number}
        return ids | _reserved(batch, found) | records.file_of(call, found)


def _reserved(batch: Batch, receipt: Receipt) -> dict[str, Any]:
    return {
        "sub_mchid": batch["sub_mchid"],
        "out_batch_no": batch["out_batch_no"],
        "receipt_state": receipt["state"],
    }


for _family in FAMILIES:
    _register_reserved(_family)
