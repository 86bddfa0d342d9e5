"""Profit sharing of merchants and partners: `v3/profitsharing`.

The response to a request shows it as processing; it is executed at once and queried as finished.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012524936 (share),
https://pay.weixin.qq.com/doc/v3/merchant/4012526374 (unfreeze),
https://pay.weixin.qq.com/doc/v3/merchant/4012457939 (what is left),
https://pay.weixin.qq.com/doc/v3/partner/4012467097 (return)
"""

from __future__ import annotations

from typing import Any

from ....crypto import rsa
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation
from . import ratios, records, returns, views
from .records import NOT_YET, Sharing
from .returns import Return

__all__ = ["amounts", "share", "unfreeze"]

BASE = "v3/profitsharing"


@operation("POST", f"{BASE}/receivers/add")
def add_receiver(call: Call) -> dict[str, Any]:
    """Add a receiver; a repetition replaces the relation."""
    checks.accepted(call)
    receiver = _receiver(call)
    data, names = call.data, ("relation_type", "custom_relation")
    if data["relation_type"] == "CUSTOM" and not data.get("custom_relation"):
        raise Rejection.parameter("custom_relation", None, "is required for CUSTOM")
    receiver |= {name: data[name] for name in names if data.get(name)}
    records.add_receiver(call.state, _sub_merchant(call), receiver)
    if data.get("name"):
        name = str.__str__(data["name"])
        receiver = receiver | {"name": rsa.encrypt(name, call.state.identity.merchant_certificate)}
    return receiver


@operation("POST", f"{BASE}/receivers/delete")
def delete_receiver(call: Call) -> dict[str, Any]:
    """Delete a receiver; a repetition has no effect."""
    checks.accepted(call)
    receiver = _receiver(call)
    records.delete_receiver(call.state, _sub_merchant(call), receiver)
    return receiver


def _receiver(call: Call) -> dict[str, Any]:
    receiver = records.receiver_of(call.data)
    if receiver["type"] == records.SUB_OPENID:
        call.require("sub_mchid", "sub_appid")
    return {**_partner(_sub_merchant(call)), **receiver}


def _sub_merchant(call: Call) -> str:
    return str(call.data.get("sub_mchid") or "")


def _partner(sub_mchid: str) -> dict[str, str]:
    return {"sub_mchid": sub_mchid} if sub_mchid else {}


@operation("POST", f"{BASE}/orders")
def share(call: Call) -> dict[str, Any]:
    """Share money of an order, and release the rest if `unfreeze_unsplit` is true."""
    content, data, state = checks.accepted(call), call.data, call.state
    request = records.requested(data, content, _sub_merchant(call))
    known = records.known(state, request)
    if known is not None:
        return _shown(state, known)
    order, last = records.shareable(state, request), data["unfreeze_unsplit"]
    receivers = records.receivers_of(
        state, order, data.get("receivers"), last=last, holder=request.sub_mchid
    )
    sharing = records.share(state, request, order, receivers, last=last)
    return _shown(state, sharing, finished=False)


@operation("POST", f"{BASE}/orders/unfreeze")
def unfreeze(call: Call) -> dict[str, Any]:
    """Release the unshared money to the merchant; the order cannot be shared any more."""
    content, data, state = checks.accepted(call), call.data, call.state
    request = records.requested(data, content, _sub_merchant(call))
    description = checks.text(data["description"], "/description", 80)
    known = records.known(state, request)
    if known is not None:
        return _shown(state, known)
    order = records.shareable(state, request)
    sharing = records.unfreeze(state, request, order, description)
    return _shown(state, sharing, finished=False)


def _shown(state: State, sharing: Sharing, *, finished: bool = True) -> dict[str, Any]:
    return {
        **_partner(sharing["sub_mchid"]),
        "transaction_id": sharing["transaction_id"],
        "out_order_no": sharing["out_order_no"],
        "order_id": sharing["order_id"],
        "state": "FINISHED" if finished else "PROCESSING",
        "receivers": [
            {
                **{name: each[name] for name in ("amount", "description", "type", "account")},
                "result": "SUCCESS" if finished else "PENDING",
                "detail_id": each["detail_id"],
                "create_time": state.clock.rfc3339(each["time"]),
                "finish_time": state.clock.rfc3339(each["time"]) if finished else NOT_YET,
            }
            for each in sharing["receivers"]
        ],
    }


@operation("GET", f"{BASE}/orders/{{out_order_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return a request to share or to unfreeze."""
    transaction, sub = (call.query.get(name, "") for name in ("transaction_id", "sub_mchid"))
    if not transaction:
        raise Rejection.parameter("transaction_id", transaction, "is required", "query")
    number = call.params["out_order_no"]
    return _shown(call.state, records.existing(call.state, number, transaction, sub))


@operation("GET", f"{BASE}/transactions/{{transaction_id}}/amounts")
def amounts(call: Call) -> dict[str, Any]:
    """Return the amount of an order that can still be shared."""
    return views.amounts(call)


@operation("GET", f"{BASE}/merchant-configs/{{sub_mchid}}")
def max_ratio(call: Call) -> dict[str, Any]:
    """Return the maximum share of an order that a sub-merchant has agreed to."""
    sub_mchid = call.params["sub_mchid"]
    return {"sub_mchid": sub_mchid, "max_ratio": ratios.ratio(call.state, sub_mchid)}


@operation("POST", f"{BASE}/return-orders")
def create_return(call: Call) -> dict[str, Any]:
    """Take back money from a receiver; the return is complete when the response is sent."""
    content, data, state = checks.accepted(call), call.data, call.state
    given = returns.asked(data, content)
    made = returns.known(state, given)
    if made is None:
        out_order_no, order_id = data.get("out_order_no") or "", data.get("order_id") or ""
        shared = returns.returnable(state, out_order_no, order_id, _sub_merchant(call))
        made = returns.take_back(state, shared, given)
    return _shown_return(state, made)


@operation("GET", f"{BASE}/return-orders/{{out_return_no}}")
def query_return(call: Call) -> dict[str, Any]:
    """Return a return by its merchant-assigned number."""
    made = returns.find(call.state, call.params["out_return_no"])
    number, sub = (call.query.get(name, "") for name in ("out_order_no", "sub_mchid"))
    if not number:
        raise Rejection.parameter("out_order_no", number, "is required", "query")
    if made is None or (made["out_order_no"], made["sub_mchid"]) != (number, sub):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", "分账回退单不存在")
    return _shown_return(call.state, made)


def _shown_return(state: State, made: Return) -> dict[str, Any]:
    names = ("order_id", "out_order_no", "out_return_no", "return_id", "return_mchid", "amount")
    return {
        **_partner(made["sub_mchid"]),
        **{name: made[name] for name in names},
        "description": made["description"],
        "result": "SUCCESS",
        "create_time": state.clock.rfc3339(made["time"]),
        "finish_time": state.clock.rfc3339(made["time"]),
    }
