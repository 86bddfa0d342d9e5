"""Operations for partnerships (合作关系): permissions of others to send the coupons of a stock."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..coupons import stocks as coupon_stocks
from ..registry import operation
from ..validation import json_of
from . import stocks
from .requests import once

__all__ = ["build"]

BASE = "v3/marketing/partnerships"
KIND = "partnership"
ESTABLISHED, TERMINATED = "ESTABLISHED", "TERMINATED"
PARTNERS = {"APPID": "appid", "MERCHANT": "merchant_id"}
"""The types of partners, with the member that identifies the partner."""
STOCKS = {"FAVOR_STOCK": coupon_stocks.existing, "BUSIFAVOR_STOCK": stocks.existing}
"""The types of authorized stocks, with the function that finds a stock."""
TIMES = ("build_time", "terminate_time", "create_time", "update_time")
MOST = 50
"""Maximum number of partnerships in a page."""

Partnership = dict[str, Any]


@operation("POST", f"{BASE}/build")
def build(call: Call) -> dict[str, Any]:
    """Establish a partnership; a repetition has no effect."""

    def carry_out() -> dict[str, Any]:
        state, now = call.state, call.state.clock.now()
        named = _named(call)
        key = checks.fingerprint(named)
        record = state.store.get(KIND, key) or {**named, "created": now, "create_time": now}
        if record.get("state") != ESTABLISHED:
            record |= {"state": ESTABLISHED, "build_time": now, "update_time": now}
            record.pop("terminate_time", None)
            state.store.put(KIND, key, record)
        return {**_shown(state, record), "state": ESTABLISHED}

    return once(call, "Idempotency-Key", carry_out, scope="build")


@operation("POST", f"{BASE}/terminate")
def terminate(call: Call) -> dict[str, Any]:
    """Terminate a partnership."""

    def carry_out() -> dict[str, Any]:
        state, now = call.state, call.state.clock.now()
        key = checks.fingerprint(_named(call))
        record = state.store.get(KIND, key)
        if record is None or record["state"] != ESTABLISHED:
            raise Rejection(404, "RESOURCE_NOT_EXISTS", "合作关系不存在")
        record |= {"state": TERMINATED, "terminate_time": now, "update_time": now}
        state.store.put(KIND, key, record)
        return {"terminate_time": state.clock.rfc3339(now)}

    return once(call, "Idempotency-Key", carry_out, scope="terminate")


def _named(call: Call) -> dict[str, Any]:
    """Return the partner of a request and the authorized data."""
    partner, authorized = call.data["partner"], call.data["authorized_data"]
    name = PARTNERS[checks.one_of(partner["type"], "/partner/type", tuple(PARTNERS))]
    checks.text(partner.get(name), f"/partner/{name}", 32)
    kind = checks.one_of(
        authorized["business_type"], "/authorized_data/business_type", tuple(STOCKS)
    )
    if authorized.get("stock_id"):
        STOCKS[kind](call.state, authorized["stock_id"])
    return {
        "partner": {member: partner[member] for member in ("type", name)},
        "authorized_data": {
            member: authorized[member]
            for member in ("business_type", "stock_id")
            if authorized.get(member)
        },
    }


def _shown(state: State, record: Partnership) -> dict[str, Any]:
    times = {name: state.clock.rfc3339(record[name]) for name in TIMES if name in record}
    return {name: record[name] for name in ("partner", "authorized_data")} | times


@operation("GET", BASE)
def query_all(call: Call) -> dict[str, Any]:
    """Return the partnerships of a merchant, filtered by partner and authorized data."""
    checks.accepted(call)
    state = call.state
    limit, offset = call.page(5, MOST)
    wanted = {name: _filter(call, name) for name in ("partner", "authorized_data")}
    found = [
        _shown(state, each)
        for each in state.store.all(KIND, newest_first=True)
        if all(members.items() <= each[name].items() for name, members in wanted.items())
    ]
    part = found[offset : offset + limit]
    return {"data": part, "limit": limit, "offset": offset, "total_count": len(found)}


def _filter(call: Call, name: str) -> dict[str, str]:
    """Return the filter in a query parameter, a JSON object."""
    text = call.query.get(name)
    members = json_of(text) if text else {}
    if not isinstance(members, dict) or not all(isinstance(it, str) for it in members.values()):
        raise Rejection.parameter(name, text, "must be a JSON object of strings", "query")
    return members
