"""Balances of the accounts of a merchant and its sub-merchants, now and at the end of a day.

Source:
https://pay.weixin.qq.com/docs/partner/apis/ecommerce-balance/accounts/query-e-commerce-day-end-balance.html
(a day's balance is available from the next day on, for 90 days; the default account is `BASIC`)
"""

from __future__ import annotations

import datetime
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..registry import operation
from . import kinds

__all__ = ["now", "now_of_sub_merchant", "then", "then_of_sub_merchant"]

KEPT = 90
"""Days for which day-end balances are available."""


@operation("GET", "v3/merchant/fund/balance/{account_type}")
def now(call: Call) -> dict[str, Any]:
    """Return the current balance of an account of the merchant."""
    kind = checks.one_of(call.params["account_type"], "account_type", kinds.KINDS[:3], "path")
    return _shown(kinds.balance(call.state, kind))


@operation("GET", "v3/merchant/fund/dayendbalance/{account_type}")
def then(call: Call) -> dict[str, Any]:
    """Return the day-end balance of an account of the merchant."""
    kind = checks.one_of(call.params["account_type"], "account_type", kinds.KINDS[:3], "path")
    return _shown(kinds.day_end(call.state, _day(call), kind))


@operation("GET", "v3/ecommerce/fund/balance/{sub_mchid}")
def now_of_sub_merchant(call: Call) -> dict[str, Any]:
    """Return the current balance of an account of a sub-merchant."""
    sub_mchid, kind = call.params["sub_mchid"], _kind(call, kinds.KINDS)
    found = kinds.balance(call.state, kind, sub_mchid)
    return {"sub_mchid": sub_mchid, "account_type": kind, **_shown(found)}


@operation("GET", "v3/ecommerce/fund/enddaybalance/{sub_mchid}")
def then_of_sub_merchant(call: Call) -> dict[str, Any]:
    """Return the day-end balance of an account of a sub-merchant."""
    sub_mchid, kind = call.params["sub_mchid"], _kind(call, (kinds.BASIC, kinds.DEPOSIT))
    found = kinds.day_end(call.state, _day(call), kind, sub_mchid)
    return {"sub_mchid": sub_mchid, "account_type": kind, **_shown(found)}


def _kind(call: Call, allowed: tuple[str, ...]) -> str:
    given = call.query.get("account_type") or kinds.BASIC
    return checks.one_of(given, "account_type", allowed, "query")


def _shown(found: tuple[int, int]) -> dict[str, int]:
    available, pending = found
    return {"available_amount": available, "pending_amount": pending}


def _day(call: Call) -> str:
    """Return the day of a request.

    Raises:
        Rejection: the day is invalid, too long ago, or not over yet.
    """
    given, today = call.query.get("date", ""), datetime.date.fromisoformat(call.state.clock.date())
    day = checks.day(given)
    if day is None or (today - day).days > KEPT:
        issue = f"must be a day such as 2026-11-20, at most {KEPT} days ago"
        raise Rejection.parameter("date", given, issue, "query")
    if day >= today:
        raise Rejection(400, "INVALID_REQUEST", f"日终余额未生成: {given}")
    return given
