"""Profit sharing of brands (连锁品牌分账): `v3/brand/profitsharing`.

The receivers belong to the brand and serve all its sub-merchants.

Source: https://pay.weixin.qq.com/wiki/doc/apiv3_partner/apis/chapter8_7_10.shtml
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from .. import checks
from ..registry import operation
from . import ratios, records, views

__all__ = ["finish", "query", "query_return", "return_", "share"]

BASE = "v3/brand/profitsharing"
ACCOUNT = "account"


@operation("POST", f"{BASE}/receivers/add")
def add_receiver(call: Call) -> dict[str, Any]:
    """Add a receiver; a repetition has no effect."""
    checks.accepted(call)
    receiver, brand = records.receiver_of(call.data), call.data["brand_mchid"]
    related = {**receiver, "relation_type": call.data["relation_type"]}
    records.add_receiver(call.state, ratios.of_brand(brand), related)
    return {"brand_mchid": brand, **receiver}


@operation("POST", f"{BASE}/receivers/delete")
def delete_receiver(call: Call) -> dict[str, Any]:
    """Delete a receiver; a repetition has no effect."""
    checks.accepted(call)
    receiver, brand = records.receiver_of(call.data), call.data["brand_mchid"]
    records.delete_receiver(call.state, ratios.of_brand(brand), receiver)
    return {"brand_mchid": brand, **receiver}


@operation("POST", f"{BASE}/orders")
def share(call: Call) -> dict[str, Any]:
    """Share money of an order, and release the rest if `finish` is true."""
    content, data, state = checks.accepted(call), call.data, call.state
    brand = {"brand_mchid": data["brand_mchid"]}
    request = records.requested(data, content, data["sub_mchid"])
    known = records.known(state, request)
    if known is not None:
        return brand | views.shown(state, known, account=ACCOUNT)
    order, last = records.shareable(state, request), data["finish"]
    holder = ratios.of_brand(data["brand_mchid"])
    receivers = records.receivers_of(state, order, data["receivers"], last=last, holder=holder)
    sharing = records.share(state, request, order, receivers, last=last)
    return brand | views.shown(state, sharing, account=ACCOUNT, finished=False)


@operation("GET", f"{BASE}/orders")
def query(call: Call) -> dict[str, Any]:
    """Return a request to share or to finish."""
    return views.the_sharing(call, ACCOUNT)


@operation("POST", f"{BASE}/finish-order")
def finish(call: Call) -> dict[str, Any]:
    """Release the unshared money to the sub-merchant; the order cannot be shared any more."""
    content, data, state = checks.accepted(call), call.data, call.state
    request = records.requested(data, content, data["sub_mchid"])
    description = checks.text(data["description"], "/description", 80)
    sharing = records.known(state, request)
    if sharing is None:
        order = records.shareable(state, request)
        sharing = records.unfreeze(state, request, order, description)
    return views.numbers(sharing)


@operation("GET", f"{BASE}/orders/{{transaction_id}}/amounts")
def amounts(call: Call) -> dict[str, Any]:
    """Return the amount of an order that can still be shared."""
    return views.amounts(call)


@operation("POST", f"{BASE}/returnorders")
def return_(call: Call) -> dict[str, Any]:
    """Take back money from a receiver; the return is complete when the response is sent."""
    return views.take_back(call)


@operation("GET", f"{BASE}/returnorders")
def query_return(call: Call) -> dict[str, Any]:
    """Return a return by its merchant-assigned number."""
    return views.the_return(call)


@operation("GET", f"{BASE}/brand-configs/{{brand_mchid}}")
def max_ratio(call: Call) -> dict[str, Any]:
    """Return the maximum share of an order that a brand has agreed to."""
    brand = call.params["brand_mchid"]
    return {"brand_mchid": brand, "max_ratio": ratios.ratio(call.state, ratios.of_brand(brand))}
