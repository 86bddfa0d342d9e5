"""Profit sharing of platforms: `v3/ecommerce/profitsharing`.

The receivers belong to the platform and serve all its sub-merchants. An order with a subsidy can be
shared after the subsidy was paid or cancelled.

Sources: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter7_4_4.shtml (returns),
https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter7_5_3.shtml (orders with a subsidy)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from .. import checks
from ..registry import operation
from ..sharing import records, views
from . import subsidies

__all__ = ["finish", "query", "query_return", "return_", "share"]

BASE = "v3/ecommerce/profitsharing"
HOLDER = "ecommerce"
"""The list of the receivers: the platform's."""
ACCOUNT = "receiver_account"


@operation("POST", f"{BASE}/receivers/add")
def add_receiver(call: Call) -> dict[str, Any]:
    """Add a receiver; a repetition has no effect."""
    checks.accepted(call)
    receiver = records.receiver_of(call.data)
    related = {**receiver, "relation_type": call.data["relation_type"]}
    records.add_receiver(call.state, HOLDER, related)
    return receiver


@operation("POST", f"{BASE}/receivers/delete")
def delete_receiver(call: Call) -> dict[str, Any]:
    """Delete a receiver; a repetition has no effect."""
    checks.accepted(call)
    receiver = records.receiver_of(call.data)
    records.delete_receiver(call.state, HOLDER, receiver)
    return receiver


@operation("POST", f"{BASE}/orders")
def share(call: Call) -> dict[str, Any]:
    """Share money of an order, and release the rest if `finish` is true."""
    content, data, state = checks.accepted(call), call.data, call.state
    request = records.requested(data, content, data["sub_mchid"])
    known = records.known(state, request)
    if known is not None:
        return views.shown(state, known, account=ACCOUNT)
    order, last = records.shareable(state, request), data["finish"]
    subsidies.assert_settled(order)
    receivers = records.receivers_of(
        state, order, data["receivers"], last=last, holder=HOLDER, account=ACCOUNT
    )
    sharing = records.share(state, request, order, receivers, last=last)
    return views.shown(state, sharing, account=ACCOUNT, finished=False)


@operation("POST", f"{BASE}/finish-order")
def finish(call: Call) -> dict[str, Any]:
    """Release the unshared money to the sub-merchant; the order cannot be shared any more."""
    content, data, state = checks.accepted(call), call.data, call.state
    request = records.requested(data, content, data["sub_mchid"])
    description = checks.text(data["description"], "/description", 80)
    sharing = records.known(state, request)
    if sharing is None:
        order = records.shareable(state, request)
        subsidies.assert_settled(order)
        sharing = records.unfreeze(state, request, order, description)
    return views.numbers(sharing)


@operation("GET", f"{BASE}/orders")
def query(call: Call) -> dict[str, Any]:
    """Return a request to share or to finish."""
    return views.the_sharing(call, ACCOUNT)


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
