"""Validation of requests for batches of transfers, and pages of their details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....call import Call
from ....messages.exchange import Rejection
from ... import checks
from ...payments import records as payments
from ..requests import LEAST, NAMED, sealed
from . import records
from .records import Batch, Detail

__all__ = ["create", "listed", "times"]


def create(
    call: Call,
    family: str,
    about: dict[str, Any],
    *,
    prefix: str = "transfer_",
    most: int = 1000,
    refuse: Callable[[Detail], str] = lambda _: "",
) -> Batch:
    """Create a batch, or return the existing one for an identical request.

    Args:
        call: the request.
        family: the family of operations.
        about: members specific to the family.
        prefix: the prefix of the member names of a detail, and of the list.
        most: maximum number of details.
        refuse: returns the reason why a detail fails, or an empty text.

    Raises:
        Rejection: the request is invalid, or its number was used with other content.
    """
    content, data, state = checks.accepted(call), call.data, call.state
    number = checks.number(data["out_batch_no"], "/out_batch_no", longest=32, signs=checks.LETTERS)
    known = records.repeated(state, number, content)
    if known is not None:
        return known
    name = f"{prefix}detail_list"
    given = data.get(name)
    if not given or len(given) > most:
        raise Rejection.parameter(name, None, f"must be an array of 1 to {most}")
    details = [_detail(call, each, f"/{name}/{i}", prefix) for i, each in enumerate(given)]
    if data["total_num"] != len(details):
        raise Rejection(400, "PARAM_ERROR", "转账总笔数与明细转账笔数总和不相等")
    if data["total_amount"] != sum(each["amount"] for each in details):
        raise Rejection(400, "PARAM_ERROR", "转账总金额与明细转账金额总和不相等")
    if len({each["out_detail_no"] for each in details}) < len(details):
        raise Rejection(400, "PARAM_ERROR", "批次内的商家明细单号重复")
    batch = {
        "out_batch_no": number,
        "family": family,
        "sub_mchid": data.get("sub_mchid") or "",
        "name": checks.text(data["batch_name"], "/batch_name", 32),
        "remark": checks.text(data["batch_remark"], "/batch_remark", 32),
        "scene": data.get("transfer_scene_id") or "",
        "notify_url": "",
        "content": content,
        **about,
    }
    for each in details:
        each["reason"] = refuse(each)
    return records.create(state, batch, details)


def _detail(call: Call, given: dict[str, Any], here: str, prefix: str) -> Detail:
    amount_name, remark_name = (
        ("transfer_amount", "transfer_remark") if prefix else ("amount", "remark")
    )
    amount = payments.whole_fen(given[amount_name], f"{here}/{amount_name}")
    if amount < LEAST:
        issue = f"must be at least {LEAST}"
        raise Rejection.parameter(f"{here}/{amount_name}", amount, issue)
    if amount >= NAMED and not given.get("user_name") and "reservation_id" not in given:
        raise Rejection.parameter(f"{here}/user_name", None, f"is required for {NAMED} and more")
    number, at = given["out_detail_no"], f"{here}/out_detail_no"
    return {
        "out_detail_no": checks.number(number, at, longest=32, signs=checks.LETTERS),
        "amount": amount,
        "remark": checks.text(given[remark_name], f"{here}/{remark_name}", 32),
        "openid": checks.text(given.get("openid"), f"{here}/openid", 64),
        "user_name": sealed(call.state, given.get("user_name")),
        "reservation_id": given.get("reservation_id") or "",
    }


def listed(call: Call, batch: Batch, wanted: str) -> tuple[list[Detail], dict[str, int]]:
    """Return the details for a query, and the page.

    Only a finished batch lists its details.

    Args:
        call: the query.
        batch: the batch.
        wanted: the state of the details; `ALL` or empty means any.
    """
    limit, offset = call.page(default=20, most=100)
    page = {"offset": offset, "limit": limit}
    if call.query.get("need_query_detail") != "true" or batch["state"] != records.FINISHED:
        return [], page
    found = [each for each in batch["details"] if wanted in ("", "ALL", each["state"])]
    return found[offset : offset + limit], page


def times(call: Call, batch: Batch) -> dict[str, str]:
    """Return the times of a batch's creation and last change, as in responses."""
    clock = call.state.clock
    return {
        "create_time": clock.rfc3339(batch["created"]),
        "update_time": clock.rfc3339(batch["updated"]),
    }
