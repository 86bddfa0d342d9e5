"""Batches of transfers: their details, states and money.

A whole batch is debited when it is accepted. It is processed after some seconds of the gateway's
time, and then finished: each detail has arrived, or has failed and was returned. A batch above the
amount that requires a password waits for an employee of the merchant.

Sources: https://pay.weixin.qq.com/docs/merchant/products/batch-transfer-to-balance/apilist.html,
https://pay.weixin.qq.com/doc/v3/partner/4012465772 (details are listed once a batch is finished),
https://pay.weixin.qq.com/doc/v3/merchant/4013774966 (reasons of failed details)
"""

from __future__ import annotations

import copy
from typing import Any

from ....messages.exchange import Rejection
from ....notifications.outbox import Outbox
from ....state import State
from ... import checks, funds
from ...schedule import outbox_at, settles, withdraw
from ...tokens import record_number
from .. import reservations

__all__ = [
    "ACCEPTED",
    "CLOSED",
    "FAIL",
    "FINISHED",
    "KIND",
    "OPEN",
    "PROCESSING",
    "SUCCESS",
    "WAIT_PAY",
    "Batch",
    "Detail",
    "absent",
    "approve",
    "close",
    "create",
    "existing",
    "existing_by_id",
    "existing_detail",
    "fail_detail",
    "finish",
    "hold",
    "reject",
    "repeated",
    "settle_due",
    "totals",
]

WAIT_PAY, ACCEPTED, PROCESSING = "WAIT_PAY", "ACCEPTED", "PROCESSING"
FINISHED, CLOSED = "FINISHED", "CLOSED"
OPEN = (WAIT_PAY, ACCEPTED, PROCESSING)
SUCCESS, FAIL = "SUCCESS", "FAIL"
KIND, WAITING = "transfer-batch", "transfer-batch-waiting"
STARTING, SETTLING, TERM = 5, 10, 24 * 3600
"""Seconds until a batch is processed, until it is finished, and during which it can be approved."""

Batch = dict[str, Any]
Detail = dict[str, Any]


def repeated(state: State, number: str, content: str) -> Batch | None:
    """Return the batch of an identical earlier request; None if the request is new.

    Args:
        state: the state of the merchant.
        number: `out_batch_no`.
        content: the fingerprint of the request.

    Raises:
        Rejection: the number was used with other content.
    """
    known = _find(state, number)
    if known is not None and known["content"] != content:
        raise Rejection(400, "ALREADY_EXISTS", f"批次单号已存在但信息不一致: {number}")
    return known


def create(state: State, about: Batch, details: list[Detail]) -> Batch:
    """Create a batch, and debit the account.

    Args:
        state: the state of the merchant.
        about: the members of the request, with the `family` of its operations.
        details: each with `amount`, `openid`, …; a detail with a `reason` fails at once.
    """
    now, day = state.clock.now(), state.clock.compact()[:8]
    batch = about | {
        "batch_id": record_number("1030", day),
        "state": ACCEPTED,
        "total_amount": sum(each["amount"] for each in details),
        "created": now,
        "updated": now,
        "due": now + SETTLING,
        "close_reason": "",
        "notice": "",
    }
    known = {"state": PROCESSING, "updated": now, "reason": ""}
    batch["details"] = [
        each | known | {"detail_id": record_number("1040", day)} for each in details
    ]
    funds.top_up(state, _account(batch), batch["total_amount"], at=now)
    numbers = {name: batch[name] for name in ("out_batch_no", "batch_id")}
    state.ledger.move(
        "transfer", batch["total_amount"], _account(batch), "transit", at=now, **numbers
    )
    state.store.put("transfer-batch-id", batch["batch_id"], {"out_batch_no": about["out_batch_no"]})
    _schedule(state, batch)
    for made, given in zip(batch["details"], details, strict=True):
        if given.get("reason"):
            batch = fail_detail(
                state, batch["out_batch_no"], made["out_detail_no"], given["reason"]
            )
    return batch


def _account(batch: Batch) -> str:
    return funds.account_of("operation", batch["sub_mchid"])


def _save(state: State, batch: Batch) -> None:
    state.store.put(KIND, batch["out_batch_no"], batch)


def _find(state: State, number: str) -> Batch | None:
    batch = state.store.get(KIND, number)
    if batch is None or batch["state"] not in OPEN:
        return batch
    now = state.clock.now()
    if batch["due"] <= now:
        return _book(state, batch, _ended(batch))
    if batch["state"] == ACCEPTED and batch["created"] + STARTING <= now:
        batch |= {"state": PROCESSING, "updated": batch["created"] + STARTING}
        _save(state, batch)
    return batch


@settles
def settle_due(state: State) -> None:
    """Store the batches that have changed their states."""
    for each in state.store.all(WAITING):
        _find(state, each["out_batch_no"])


def existing(state: State, number: str, family: str = "", sub_mchid: str | None = None) -> Batch:
    """Return a batch by its merchant-assigned number, in its current state.

    Args:
        state: the state of the merchant.
        number: `out_batch_no`.
        family: the required family of operations; empty accepts any.
        sub_mchid: the required sub-merchant; None accepts any.

    Raises:
        Rejection: there is no such batch.
    """
    return _checked(_find(state, number), number, family, sub_mchid)


def _checked(batch: Batch | None, asked: str, family: str, sub_mchid: str | None) -> Batch:
    if (
        batch is None
        or family not in ("", batch["family"])
        or sub_mchid not in (None, batch["sub_mchid"])
    ):
        raise absent(asked)
    return batch


def absent(number: str) -> Rejection:
    """Return the rejection of a query for a batch that does not exist."""
    return Rejection(404, "NOT_FOUND", f"批次单不存在: {number}")


def existing_by_id(state: State, batch_id: str, family: str, sub_mchid: str | None = None) -> Batch:
    """Return a batch by WeChat Pay's number, in its current state.

    Raises:
        Rejection: there is no such batch.
    """
    pointer = state.store.get("transfer-batch-id", batch_id)
    found = None if pointer is None else _find(state, pointer["out_batch_no"])
    return _checked(found, batch_id, family, sub_mchid)


def existing_detail(batch: Batch, name: str, number: str) -> Detail:
    """Return a detail of a batch.

    Args:
        batch: the batch.
        name: `out_detail_no` or `detail_id`.
        number: the value of that member.

    Raises:
        Rejection: there is no such detail.
    """
    for each in batch["details"]:
        if each[name] == number:
            found: Detail = each
            return found
    raise Rejection(404, "NOT_FOUND", f"明细单不存在: {number}")


def totals(batch: Batch) -> dict[str, int]:
    """Return the numbers and the amounts of successful and failed details."""
    found: dict[str, int] = {}
    for name, wanted in (("success", SUCCESS), ("fail", FAIL)):
        amounts = [each["amount"] for each in batch["details"] if each["state"] == wanted]
        found |= {f"{name}_num": len(amounts), f"{name}_amount": sum(amounts)}
    return found


def _ended(batch: Batch, moment: float | None = None, closed: str = "", reason: str = "") -> Batch:
    """Return a batch after its end: when it is due, or at a moment, as closed or failed."""
    if batch["state"] == WAIT_PAY and moment is None:
        closed, reason = "OVERDUE_CLOSE", "MERCHANT_NOT_CONFIRM"
    at = batch["due"] if moment is None else moment
    ended = copy.deepcopy(batch) | {"state": CLOSED if closed else FINISHED, "updated": at}
    ended["close_reason"] = closed
    for each in ended["details"]:
        if each["state"] in OPEN:
            outcome = FAIL if closed or reason else SUCCESS
            each |= {"state": outcome, "reason": reason or closed, "updated": at}
    return ended


def _book(state: State, before: Batch, after: Batch) -> Batch:
    """Store a batch after a change, and move the money of its ended details."""
    with state.store.transaction():  # concurrent readers move it once
        for old, new in zip(before["details"], after["details"], strict=True):
            if old["state"] != new["state"] and new["state"] in (SUCCESS, FAIL):
                _move(state, after, new)
        if after["state"] not in OPEN:
            after["notice"] = ""
            state.store.delete(WAITING, after["out_batch_no"])
        _save(state, after)
    return after


def _move(state: State, batch: Batch, detail: Detail) -> None:
    kind, target = "transferred", "user"
    if detail["state"] == FAIL:
        kind, target = "transfer_returned", _account(batch)
    state.ledger.move(
        kind,
        detail["amount"],
        "transit",
        target,
        at=detail["updated"],
        out_detail_no=detail["out_detail_no"],
        detail_id=detail["detail_id"],
    )
    if detail.get("reservation_id"):
        arrived = detail["state"] == SUCCESS
        reservations.ended(state, detail["reservation_id"], detail["updated"], arrived=arrived)


def _schedule(state: State, batch: Batch) -> Batch:
    """Store an open batch, and schedule the notification of its end."""
    if batch["notice"]:
        withdraw(state, batch["notice"])
    batch["notice"] = _tell(state, outbox_at(state, batch["due"]), _ended(batch))
    state.store.put(WAITING, batch["out_batch_no"], {"out_batch_no": batch["out_batch_no"]})
    _save(state, batch)
    return batch


def _tell(state: State, outbox: Outbox, batch: Batch) -> str:
    """Send the notification of an ended batch, and return its id."""
    if not batch["notify_url"]:
        return ""
    content = {
        "out_batch_no": batch["out_batch_no"],
        "batch_id": batch["batch_id"],
        "batch_status": batch["state"],
        "total_num": len(batch["details"]),
        "total_amount": batch["total_amount"],
        "update_time": state.clock.rfc3339(batch["updated"]),
    }
    if batch["state"] == CLOSED:
        summary, event = "商家转账批次关闭通知", "MCHTRANSFER.BATCH.CLOSED"
        content |= {"mchid": state.identity.mchid, "close_reason": batch["close_reason"]}
    else:
        summary, event = "商家转账批次完成通知", "MCHTRANSFER.BATCH.FINISHED"
        content |= totals(batch)
    return outbox.post(
        batch["notify_url"], event, content, summary=summary, original_type="mch_payment"
    )


# --- decisions of people --------------------------------------------------------------------------


def _open(state: State, number: str, *states: str) -> Batch:
    batch = existing(state, number)
    if batch["state"] not in (states or OPEN):
        raise Rejection(400, "INVALID_REQUEST", f"批次单状态是 {batch['state']}: {number}")
    return batch


def _end_now(state: State, batch: Batch, *, closed: str = "", reason: str = "") -> Batch:
    if batch["notice"]:
        withdraw(state, batch["notice"])
    ended = _book(state, batch, _ended(batch, state.clock.now(), closed, reason))
    _tell(state, state.outbox, ended)
    return ended


def hold(state: State, number: str) -> Batch:
    """Hold a batch for an employee's approval, as if it were above the amount without a password.

    Raises:
        Rejection: there is no such batch, or it has ended.
    """
    batch = _open(state, number, ACCEPTED, PROCESSING)
    now = state.clock.now()
    batch |= {"state": WAIT_PAY, "updated": now, "due": now + TERM}
    for each in batch["details"]:
        if each["state"] == PROCESSING:
            each |= {"state": WAIT_PAY, "updated": now}
    return _schedule(state, batch)


def approve(state: State, number: str) -> Batch:
    """Approve a batch on behalf of an employee; it is finished after a few seconds.

    Raises:
        Rejection: there is no such batch, or it does not wait.
    """
    batch = _open(state, number, WAIT_PAY)
    now = state.clock.now()
    batch |= {"state": PROCESSING, "updated": now, "due": now + SETTLING}
    for each in batch["details"]:
        if each["state"] == WAIT_PAY:
            each |= {"state": PROCESSING, "updated": now}
    return _schedule(state, batch)


def reject(state: State, number: str) -> Batch:
    """Reject a batch on behalf of an employee; all its details fail.

    Raises:
        Rejection: there is no such batch, or it does not wait.
    """
    return _end_now(state, _open(state, number, WAIT_PAY), reason="MERCHANT_REJECT")


def finish(state: State, number: str) -> Batch:
    """Finish a batch at once; details that have not failed arrive.

    Raises:
        Rejection: there is no such batch, or it has ended.
    """
    return _end_now(state, _open(state, number, ACCEPTED, PROCESSING))


def close(state: State, number: str, reason: str = "OVERDUE_CLOSE") -> Batch:
    """Close a batch; its remaining details fail.

    Args:
        state: the state of the merchant.
        number: `out_batch_no`.
        reason: the `close_reason` for the merchant.

    Raises:
        Rejection: there is no such batch, or it has ended.
    """
    return _end_now(state, _open(state, number), closed=checks.text(reason, "/reason", 64))


def fail_detail(state: State, number: str, out_detail_no: str, reason: str) -> Batch:
    """Fail a detail, which is returned; the others continue.

    Args:
        state: the state of the merchant.
        number: `out_batch_no`.
        out_detail_no: the merchant-assigned number of the detail.
        reason: the `fail_reason` of the detail.

    Raises:
        Rejection: there is no such detail, or it has ended.
    """
    before = _open(state, number)
    after = copy.deepcopy(before)
    detail = existing_detail(after, "out_detail_no", out_detail_no)
    if detail["state"] not in OPEN:
        raise Rejection(400, "INVALID_REQUEST", f"明细单状态是 {detail['state']}: {out_detail_no}")
    reason = checks.text(reason, "/reason", 64)
    detail |= {"state": FAIL, "reason": reason, "updated": state.clock.now()}
    return _schedule(state, _book(state, before, after))
