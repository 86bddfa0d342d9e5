"""The kinds of watched objects: their queries, final states and events, without I/O.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012791902 (when to query an order).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..inbox.events import milliseconds

__all__ = ["KINDS", "Found", "Kind", "interval"]

PAID = ("SUCCESS", "REFUND")
SCHEDULE = (10, 30, 60, 180, 300, 600, 1800)
"""Seconds between queries, as recommended by WeChat Pay; after that, one hour."""
HOUR, DAY = 3600, 86400


class Found(NamedTuple):
    """An event in the form of its notification.

    Attributes:
        event_type: the event type, as in `Inbox.on`.
        resource: the resource of the notification.
        occurred_at: milliseconds, or None if the query does not return the time.
    """

    event_type: str
    resource: dict[str, Any]
    occurred_at: int | None


def _member(resource: Mapping[str, Any], name: str) -> str:
    value = resource.get(name)
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of watched object.

    Attributes:
        number: the name of the merchant-assigned number.
        query: the path of its query.
        partner_query: the path for a service provider, if it differs.
        made: the path of the call that creates it, for calls of an outbox.
        close: the path that closes it, if it can be closed.
        partner_close: the path for a service provider.
        parameters: further parameters of the query.
        names_merchant: whether the query and the close request contain the merchant ID.
        closing: the members of the close request, from the query's result.
        state: the name of the member with the state.
        state_of: returns the state in a query's result; empty if there is none.
        ends: the final states.
        longest: seconds after which the watch is given up.
        found: returns the events in a query's result.
    """

    number: str
    query: str
    parameters: tuple[str, ...]
    state: str
    ends: frozenset[str]
    longest: int
    found: Callable[[Mapping[str, Any]], Iterator[Found]]
    partner_query: str = ""
    made: str = ""
    close: str = ""
    partner_close: str = ""
    names_merchant: bool = False
    closing: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _: {}
    state_of: Callable[[Mapping[str, Any], str], str] = _member


def interval(attempts: int) -> int:
    """Return the seconds until the next query.

    Args:
        attempts: the number of previous queries.
    """
    return SCHEDULE[attempts] if attempts < len(SCHEDULE) else HOUR


def _order(resource: Mapping[str, Any]) -> Iterator[Found]:
    # A refunded order was paid before.
    if resource["trade_state"] in PAID:
        yield Found(
            "TRANSACTION.SUCCESS", dict(resource), milliseconds(resource.get("success_time"))
        )


def _combined(resource: Mapping[str, Any]) -> Iterator[Found]:
    paid = [each for each in _sub_orders(resource) if each.get("trade_state") in PAID]
    if paid:
        times = [milliseconds(each.get("success_time")) for each in paid]
        occurred_at = max((each for each in times if each is not None), default=None)
        yield Found("TRANSACTION.SUCCESS", dict(resource), occurred_at)


def _combined_state(resource: Mapping[str, Any], name: str) -> str:
    """Return one state for a combined order: paid if one order is, and closed if all are."""
    states = [_member(each, name) for each in _sub_orders(resource)]
    for state in PAID:
        if state in states:
            return state
    return next((state for state in states if state != "CLOSED"), states[0] if states else "")


def _combined_closing(resource: Mapping[str, Any]) -> dict[str, Any]:
    names = ("mchid", "out_trade_no", "sub_mchid", "sub_appid", "individual_auth_id")
    orders = [
        {name: each[name] for name in names if each.get(name)} for each in _sub_orders(resource)
    ]
    return {"combine_appid": resource["combine_appid"], "sub_orders": orders}


def _sub_orders(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(resource.get("sub_orders") or ())


def _refund(resource: Mapping[str, Any]) -> Iterator[Found]:
    told = {name: value for name, value in resource.items() if name != "status"}
    status = resource["status"]
    occurred_at = milliseconds(resource.get("success_time"))
    yield Found(f"REFUND.{status}", {**told, "refund_status": status}, occurred_at)


def _transfer(resource: Mapping[str, Any]) -> Iterator[Found]:
    occurred_at = milliseconds(resource.get("update_time"))
    yield Found("MCHTRANSFER.BILL.FINISHED", dict(resource), occurred_at)


def _sharing(resource: Mapping[str, Any]) -> Iterator[Found]:
    """Yield one event for each receiver that got its share, like the notifications."""
    told = {name: value for name, value in resource.items() if name not in ("receivers", "state")}
    for each in resource.get("receivers") or ():
        if each.get("result") == "SUCCESS":
            names = ("type", "account", "amount", "description")
            receiver = {name: each[name] for name in names if name in each}
            finished = each.get("finish_time")
            carried = {**told, "receiver": receiver, "success_time": finished}
            yield Found("PROFITSHARING.SUCCESS", carried, milliseconds(finished))


KINDS: dict[str, Kind] = {
    "order": Kind(
        number="out_trade_no",
        query="v3/pay/transactions/out-trade-no/{out_trade_no}",
        partner_query="v3/pay/partner/transactions/out-trade-no/{out_trade_no}",
        close="v3/pay/transactions/out-trade-no/{out_trade_no}/close",
        partner_close="v3/pay/partner/transactions/out-trade-no/{out_trade_no}/close",
        parameters=("sub_mchid",),
        state="trade_state",
        ends=frozenset({"SUCCESS", "REFUND", "CLOSED", "REVOKED"}),
        longest=7 * DAY,
        found=_order,
        names_merchant=True,
    ),
    "combined": Kind(
        number="combine_out_trade_no",
        query="v3/combine-transactions/out-trade-no/{combine_out_trade_no}",
        close="v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close",
        closing=_combined_closing,
        parameters=(),
        state="trade_state",
        state_of=_combined_state,
        ends=frozenset({"SUCCESS", "REFUND", "CLOSED"}),
        longest=7 * DAY,
        found=_combined,
    ),
    "refund": Kind(
        number="out_refund_no",
        query="v3/refund/domestic/refunds/{out_refund_no}",
        made="v3/refund/domestic/refunds",
        parameters=("sub_mchid",),
        state="status",
        ends=frozenset({"SUCCESS", "CLOSED", "ABNORMAL"}),
        longest=30 * DAY,
        found=_refund,
    ),
    "transfer": Kind(
        number="out_bill_no",
        query="v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{out_bill_no}",
        made="v3/fund-app/mch-transfer/transfer-bills",
        parameters=(),
        state="state",
        ends=frozenset({"SUCCESS", "FAIL", "CANCELLED"}),
        longest=30 * DAY,
        found=_transfer,
    ),
    "profitsharing": Kind(
        number="out_order_no",
        query="v3/profitsharing/orders/{out_order_no}",
        made="v3/profitsharing/orders",
        parameters=("transaction_id", "sub_mchid"),
        state="state",
        ends=frozenset({"FINISHED"}),
        longest=7 * DAY,
        found=_sharing,
    ),
}
