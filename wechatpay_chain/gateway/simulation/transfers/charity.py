"""Charity budgets (公益捐赠预算): money of a sponsor that a service provider donates.

The sponsor confirms a budget, which locks its money. Donations reduce the budget, and unlocking it
returns the rest.

Sources: the operations in the catalogue, and
https://pay.weixin.qq.com/doc/v3/partner/4016209966 (receipts of budgets)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..payments import records as payments
from ..tokens import record_number

__all__ = [
    "KIND",
    "LOCKED",
    "PENDING",
    "Budget",
    "close",
    "confirm",
    "create",
    "donate",
    "donation",
    "donations",
    "existing",
    "unlock",
]

PENDING, LOCKED, FINISHED, CLOSED = "PENDING", "LOCKED", "FINISHED", "CLOSED"
KIND, DONATION = "charity-budget", "charity-donation"

Budget = dict[str, Any]
Donation = dict[str, Any]


def _number(value: Any, pointer: str) -> str:
    return checks.number(value, pointer, longest=32, signs=checks.LETTERS)


def create(call: Call) -> Budget:
    """Create a budget, or return the existing one for an identical request.

    Raises:
        Rejection: the request is invalid, or its number was used with other content.
    """
    content, data, state = checks.accepted(call), call.data, call.state
    number = _number(data["out_budget_no"], "/out_budget_no")
    known = state.store.get(KIND, number)
    if known is not None:
        return _repeated(known, content, number)
    names = ("sponsor_mchid", "sponsor_subject_name", "activity_name", "activity_remark")
    amount = payments.whole_fen(data["amount"], "/amount")
    budget = {
        "out_budget_no": number,
        "budget_id": record_number("1360", state.clock.compact()[:8]),
        **{name: checks.text(data[name], f"/{name}", 128) for name in names},
        "amount": amount,
        "remain_amount": amount,
        "unlock_remark": "",
        "state": PENDING,
        "created": state.clock.now(),
        "times": {},
        "content": content,
    }
    return _save(state, budget)


def _repeated(known: dict[str, Any], content: str, number: str) -> dict[str, Any]:
    if known["content"] != content:
        raise Rejection(400, "ALREADY_EXISTS", f"单号已存在但信息不一致: {number}")
    return known


def _save(state: State, budget: Budget) -> Budget:
    state.store.put(KIND, budget["out_budget_no"], budget)
    return budget


def existing(state: State, number: str, sponsor_mchid: str | None = None) -> Budget:
    """Return a budget by its number.

    Args:
        state: the state of the service provider.
        number: `out_budget_no`.
        sponsor_mchid: the required sponsor; None accepts any.

    Raises:
        Rejection: there is no such budget.
    """
    budget = state.store.get(KIND, number)
    if budget is None or sponsor_mchid not in (None, budget["sponsor_mchid"]):
        raise Rejection(404, "NOT_FOUND", f"预算单不存在: {number}")
    return budget


def _in_state(budget: Budget, wanted: str) -> Budget:
    if budget["state"] != wanted:
        message = f"预算单状态是 {budget['state']}: {budget['out_budget_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    return budget


def _account(budget: Budget) -> str:
    return funds.account_of("budget", budget["sponsor_mchid"])


def _enter(state: State, budget: Budget, entered: str) -> Budget:
    budget["times"][f"{entered.lower()}_time"] = state.clock.now()
    return _save(state, budget | {"state": entered})


def confirm(state: State, number: str) -> Budget:
    """Confirm a budget on behalf of the sponsor; its money is locked.

    Raises:
        Rejection: there is no such budget, or it is not pending.
    """
    budget = _in_state(existing(state, number), PENDING)
    numbers = {name: budget[name] for name in ("out_budget_no", "budget_id")}
    state.ledger.move("budget_lock", budget["amount"], "bank", _account(budget), **numbers)
    return _enter(state, budget, LOCKED)


def close(state: State, number: str) -> Budget:
    """Decline a budget on behalf of the sponsor.

    Raises:
        Rejection: there is no such budget, or it is not pending.
    """
    return _enter(state, _in_state(existing(state, number), PENDING), CLOSED)


def unlock(state: State, budget: Budget, remark: str) -> Budget:
    """Return the rest of a budget to the sponsor; no effect on a finished budget.

    Raises:
        Rejection: the budget is not locked.
    """
    if budget["state"] == FINISHED:
        return budget
    _in_state(budget, LOCKED)
    rest = budget["remain_amount"]
    if rest:
        numbers = {name: budget[name] for name in ("out_budget_no", "budget_id")}
        state.ledger.move("budget_unlock", rest, _account(budget), "bank", **numbers)
    budget |= {"unlock_remark": remark, "unlocked_amount": rest, "remain_amount": 0}
    return _enter(state, budget, FINISHED)


def donate(call: Call) -> Donation:
    """Create a donation, or return the existing one for an identical request.

    Raises:
        Rejection: the request is invalid, or the budget's rest is too small.
    """
    content, data, state = checks.accepted(call), call.data, call.state
    number = _number(data["out_transfer_no"], "/out_transfer_no")
    known = state.store.get(DONATION, number)
    if known is not None:
        return _repeated(known, content, number)
    budget = _in_state(existing(state, data["out_budget_no"], data["sponsor_mchid"]), LOCKED)
    amount = payments.whole_fen(data["amount"], "/amount")
    if amount > budget["remain_amount"]:
        message = f"预算剩余金额不足: {amount} > {budget['remain_amount']}"
        raise Rejection(403, "NOT_ENOUGH", message)
    made = {
        "out_budget_no": budget["out_budget_no"],
        "budget_id": budget["budget_id"],
        "out_transfer_no": number,
        "transfer_id": record_number("1370", state.clock.compact()[:8]),
        "sponsor_mchid": budget["sponsor_mchid"],
        "receive_mchid": checks.text(data["receive_mchid"], "/receive_mchid", 32),
        "amount": amount,
        "transfer_remark": checks.text(data["transfer_remark"], "/transfer_remark", 128),
        "created": state.clock.now(),
        "content": content,
    }
    numbers = {name: made[name] for name in ("out_budget_no", "out_transfer_no", "transfer_id")}
    state.ledger.move("donation", amount, _account(budget), _receiver(state, made), **numbers)
    other = state.counterparty(made["receive_mchid"])
    if other is not None:
        other.take("donation", amount, **numbers)
    _save(state, budget | {"remain_amount": budget["remain_amount"] - amount})
    state.store.put(DONATION, number, made)
    return made


def _receiver(state: State, made: Donation) -> str:
    """Return the receiver's account in the ledger: one of the merchant's, or an external one."""
    mchid = made["receive_mchid"]
    if mchid == state.mchid:
        return "merchant"
    return (
        funds.account_of("merchant", mchid) if mchid in state.profile.sub_merchants else "receiver"
    )


def donation(state: State, number: str, out_budget_no: str, sponsor_mchid: str) -> Donation:
    """Return a donation by its number, its budget and its sponsor.

    Raises:
        Rejection: there is no such donation.
    """
    found = state.store.get(DONATION, number)
    wanted = (out_budget_no, sponsor_mchid)
    if found is None or (found["out_budget_no"], found["sponsor_mchid"]) != wanted:
        raise Rejection(404, "NOT_FOUND", f"捐赠单不存在: {number}")
    return found


def donations(state: State, budget: Budget, first: str, last: str) -> list[Donation]:
    """Return the donations from a budget on several days.

    Args:
        state: the state of the service provider.
        budget: the budget.
        first: the first day.
        last: the last day.
    """
    return [
        each
        for each in state.store.all(DONATION)
        if each["out_budget_no"] == budget["out_budget_no"]
        and first <= state.clock.date(each["created"]) <= last
    ]
