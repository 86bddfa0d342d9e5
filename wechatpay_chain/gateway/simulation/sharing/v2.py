"""APIv2's profit sharing, with the rules and the records of APIv3.

The XML contains receivers as JSON. Every request must be signed with HMAC-SHA256.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011941670
"""

from __future__ import annotations

import json
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..payments.v2 import PARTIES, accepted, assert_bound
from ..registry import operation
from ..validation import parse_member
from . import ratios, records, returns
from .records import Sharing
from .returns import Given, Return

__all__ = ["receivers"]


def _accepted(call: Call) -> str:
    """Validate a request and return its fingerprint."""
    content = accepted(call)
    if "appid" in call.data:
        assert_bound(call)
    return content


def _parties(call: Call) -> dict[str, str]:
    given = {name: call.data[name] for name in PARTIES if call.data.get(name)}
    return {"mch_id": call.state.mchid, **given}


def _sub_merchant(call: Call) -> str:
    return checks.v2_text(call, "sub_mch_id")


@operation("POST", "v2/pay/profitsharingaddreceiver")
def add_receiver(call: Call) -> dict[str, Any]:
    """Add a receiver; a repetition replaces the relation."""
    _accepted(call)
    given, receiver = _receiver(call)
    if given.get("relation_type") == "CUSTOM" and not given.get("custom_relation"):
        raise Rejection.parameter("/receiver/custom_relation", None, "is required for CUSTOM")
    names = ("relation_type", "custom_relation")
    relation = {name: given[name] for name in names if given.get(name)}
    sub = {"sub_mchid": _sub_merchant(call)} if _sub_merchant(call) else {}
    records.add_receiver(call.state, _sub_merchant(call), {**sub, **receiver, **relation})
    return {**_parties(call), "receiver": _json(receiver)}


@operation("POST", "v2/pay/profitsharingremovereceiver")
def remove_receiver(call: Call) -> dict[str, Any]:
    """Delete a receiver; a repetition has no effect."""
    _accepted(call)
    _, receiver = _receiver(call)
    records.delete_receiver(call.state, _sub_merchant(call), receiver)
    return {**_parties(call), "receiver": _json(receiver)}


def _receiver(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    given = parse_member(call, "receiver")
    receiver = records.receiver_of(given)
    if receiver["type"] == records.SUB_OPENID:
        call.require("sub_mch_id", "sub_appid")
    return given, receiver


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@operation("POST", "v2/secapi/pay/profitsharing")
def share_once(call: Call) -> dict[str, Any]:
    """Share money of an order, and release the rest to the merchant."""
    return _share(call, last=True)


@operation("POST", "v2/secapi/pay/multiprofitsharing")
def share(call: Call) -> dict[str, Any]:
    """Share money of an order; the rest stays frozen."""
    return _share(call, last=False)


def _share(call: Call, *, last: bool) -> dict[str, Any]:
    content, state = _accepted(call), call.state
    given = parse_member(call, "receivers")["receiver"]
    request = records.requested(call.data, content, _sub_merchant(call))
    sharing = records.known(state, request)
    if sharing is None:
        order = records.shareable(state, request)
        parts = records.receivers_of(state, order, given, last=last, holder=request.sub_mchid)
        sharing = records.share(state, request, order, parts, last=last)
    return {**_parties(call), **_numbers(sharing), "status": "PROCESSING"}


@operation("POST", "v2/secapi/pay/profitsharingfinish")
def finish(call: Call) -> dict[str, Any]:
    """Release the unshared money to the merchant; the order cannot be shared any more."""
    content, state = _accepted(call), call.state
    request = records.requested(call.data, content, _sub_merchant(call))
    description = checks.text(call.data["description"], "/description", 80)
    sharing = records.known(state, request)
    if sharing is None:
        order = records.shareable(state, request)
        sharing = records.unfreeze(state, request, order, description)
    return {**_parties(call), **_numbers(sharing)}


def _numbers(sharing: Sharing) -> dict[str, Any]:
    return {name: sharing[name] for name in ("transaction_id", "out_order_no", "order_id")}


@operation("POST", "v2/pay/profitsharingquery")
def query(call: Call) -> dict[str, Any]:
    """Return a request to share or to finish."""
    _accepted(call)
    number, transaction = call.data["out_order_no"], call.data["transaction_id"]
    sharing = records.existing(call.state, number, transaction, _sub_merchant(call))
    view = {"appid": call.state.profile.apps[0], **_parties(call), **_numbers(sharing)}
    return view | {"status": "FINISHED", "receivers": receivers(call.state, sharing)}


def receivers(state: State, sharing: Sharing) -> str:
    """Return the receivers of a sharing as JSON."""
    return _json(
        [
            {
                **{name: each[name] for name in ("type", "account", "amount", "description")},
                "result": "SUCCESS",
                "detail_id": each["detail_id"],
                "finish_time": state.clock.compact(each["time"]),
            }
            for each in sharing["receivers"]
        ]
    )


@operation("POST", "v2/pay/profitsharingorderamountquery")
def amounts(call: Call) -> dict[str, Any]:
    """Return the amount of an order that can still be shared."""
    _accepted(call)
    transaction = call.data["transaction_id"]
    unsplit = records.unsplit(call.state, transaction)
    return {**_parties(call), "transaction_id": transaction, "unsplit_amount": unsplit}


@operation("POST", "v2/pay/profitsharingmerchantratioquery")
def ratio(call: Call) -> dict[str, Any]:
    """Return the maximum share of an order that a brand or a sub-merchant has agreed to."""
    _accepted(call)
    brand = {name: call.data[name] for name in ("brand_mch_id",) if call.data.get(name)}
    holder = ratios.of_brand(brand["brand_mch_id"]) if brand else call.data.get("sub_mch_id") or ""
    return {**_parties(call), **brand, "max_ratio": ratios.ratio(call.state, holder)}


@operation("POST", "v2/secapi/pay/profitsharingreturn")
def take_back(call: Call) -> dict[str, Any]:
    """Take back money from a receiver; the return is complete when the response is sent."""
    content, data, state = _accepted(call), call.data, call.state
    if data["return_account_type"] != records.MERCHANT:
        kind = data["return_account_type"]
        raise Rejection.parameter("return_account_type", kind, f"must be {records.MERCHANT}")
    given = Given(
        number=checks.number(data["out_return_no"], "/out_return_no"),
        content=content,
        mchid=data["return_account"],
        amount=checks.v2_fen(call, "return_amount"),
        description=checks.text(data["description"], "/description", 80),
    )
    made = returns.known(state, given)
    if made is None:
        number, order_id = (checks.v2_text(call, name) for name in ("out_order_no", "order_id"))
        shared = returns.returnable(state, number, order_id, _sub_merchant(call))
        made = returns.take_back(state, shared, given, "return_account")
    return {**_parties(call), **_returned(state, made)}


@operation("POST", "v2/pay/profitsharingreturnquery")
def query_return(call: Call) -> dict[str, Any]:
    """Return a return by its merchant-assigned number."""
    _accepted(call)
    number, order_id = (checks.v2_text(call, name) for name in ("out_order_no", "order_id"))
    made = returns.find(call.state, call.data["out_return_no"])
    if (
        made is None
        or made["sub_mchid"] != _sub_merchant(call)
        or number not in ("", made["out_order_no"])
        or order_id not in ("", made["order_id"])
    ):
        raise Rejection(
            200, "RESOURCE_NOT_EXISTS", f"分账回退单不存在: {call.data['out_return_no']}"
        )
    return {**_parties(call), **_returned(call.state, made)}


def _returned(state: State, made: Return) -> dict[str, Any]:
    return {
        "order_id": made["order_id"],
        "out_order_no": made["out_order_no"],
        "out_return_no": made["out_return_no"],
        "return_no": made["return_id"],
        "return_account_type": records.MERCHANT,
        "return_account": made["return_mchid"],
        "return_amount": made["amount"],
        "description": made["description"],
        "result": "SUCCESS",
        "finish_time": state.clock.compact(made["time"]),
    }
