"""Responses with sharings and returns, for the APIs that identify them by sub-merchant."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from . import records, returns
from .records import NOT_YET, Sharing
from .returns import Return

__all__ = [
    "amounts",
    "numbers",
    "shown",
    "shown_return",
    "take_back",
    "the_return",
    "the_sharing",
]


def numbers(sharing: Sharing) -> dict[str, Any]:
    """Return the numbers of a sharing."""
    names = ("sub_mchid", "transaction_id", "out_order_no", "order_id")
    return {name: sharing[name] for name in names}


def shown(state: State, sharing: Sharing, *, account: str, finished: bool = True) -> dict[str, Any]:
    """Return a sharing as a response.

    Args:
        state: the state of the merchant.
        sharing: the sharing.
        account: the name of the member that contains a receiver's account.
        finished: whether the response shows it as finished.
    """
    finish = sharing.get("finish")
    view = {
        **numbers(sharing),
        "status": "FINISHED" if finished else "PROCESSING",
        "receivers": [
            {
                "type": each["type"],
                account: each["account"],
                "amount": each["amount"],
                "description": each["description"],
                "result": "SUCCESS" if finished else "PENDING",
                "finish_time": state.clock.rfc3339(each["time"]) if finished else NOT_YET,
                "detail_id": each["detail_id"],
            }
            for each in ([] if finish else sharing["receivers"])
        ],
    }
    if finish:
        view |= {f"finish_{name}": finish[name] for name in ("amount", "description")}
    return view


def the_sharing(call: Call, account: str) -> dict[str, Any]:
    """Return the sharing of a query by its merchant-assigned number.

    Args:
        call: the query.
        account: the name of the member that contains a receiver's account.

    Raises:
        Rejection: there is no such sharing.
    """
    checks.accepted(call)
    names = ("out_order_no", "transaction_id", "sub_mchid")
    found = records.existing(call.state, *(call.query[name] for name in names))
    return shown(call.state, found, account=account)


def amounts(call: Call) -> dict[str, Any]:
    """Return the amount of an order that can still be shared."""
    transaction = call.params["transaction_id"]
    left = records.unsplit(call.state, transaction)
    return {"transaction_id": transaction, "unsplit_amount": left}


def take_back(call: Call) -> dict[str, Any]:
    """Take back money from a receiver, or return the result of an identical earlier request."""
    content, data, state = checks.accepted(call), call.data, call.state
    given = returns.asked(data, content)
    made = returns.known(state, given)
    if made is None:
        named = (data.get("out_order_no") or "", data.get("order_id") or "")
        shared = returns.returnable(state, *named, data["sub_mchid"])
        made = returns.take_back(state, shared, given)
    return shown_return(state, made)


def the_return(call: Call) -> dict[str, Any]:
    """Return the return of a query by its number and a number of its sharing.

    Raises:
        Rejection: there is no such return.
    """
    checks.accepted(call)
    made, query = returns.find(call.state, call.query["out_return_no"]), call.query
    given = {name: query[name] for name in ("order_id", "out_order_no") if query.get(name)}
    if not given:
        raise Rejection.parameter("order_id", None, "or out_order_no is required", "query")
    wanted = {**given, "sub_mchid": query["sub_mchid"]}
    if made is None or any(made[name] != value for name, value in wanted.items()):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", "分账回退单不存在")
    return shown_return(call.state, made)


def shown_return(state: State, made: Return) -> dict[str, Any]:
    """Return a return as a response."""
    names = ("sub_mchid", "order_id", "out_order_no", "out_return_no", "return_mchid", "amount")
    return {
        **{name: made[name] for name in names},
        "return_no": made["return_id"],
        "result": "SUCCESS",
        "finish_time": state.clock.rfc3339(made["time"]),
    }
