"""Statements of Hong Kong and global merchants: a file with a signature over its SHA-1.

Amounts are in the currency beside them; the settlement currency equals the payment currency.

Sources: https://pay.weixin.qq.com/doc/global/v3/zh/4013014227,
https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter4_1_34.shtml
"""

from __future__ import annotations

import gzip

from ....bills.forms.statement import STATEMENT
from ...call import Call
from ...messages.exchange import Content, Rejection
from ...messages.responses import statement
from ...state import State
from .. import funds
from ..registry import operation
from . import settings
from .downloads import Kind, day_of, made_of
from .text import Row, table
from .trade import paid_and_refunded, trade_row

__all__ = ["statements"]

KEPT = 180
"""Days for which statements are available."""


@operation("GET", "v3/statements")
@operation("GET", "v3/global/statements")
def statements(call: Call) -> Content:
    """Return the payments and refunds of a day, compressed if `Accept-Encoding` contains gzip."""
    given, state = call.query.get("date", ""), call.state
    day = day_of(state, given, "%Y%m%d", KEPT)
    if day is None:
        issue = f"must be a day such as 20261120, at most {KEPT} days ago"
        raise Rejection.parameter("date", given, issue, "query")
    mchid = call.query.get("mchid") or call.query.get("sp_mchid", "")
    if mchid != state.identity.mchid:
        raise Rejection.parameter("mchid", mchid, f"must be {state.identity.mchid}", "query")
    if not settings.ready(state, day):
        raise Rejection(400, "STATEMENT_CREATING", f"账单生成中: {given}")
    text = made_of(state, Kind(_bill), day, "", call.query.get("sub_mchid", ""))
    if not isinstance(text, str):
        raise Rejection(400, "NO_STATEMENT_EXIST", "账单不存在")
    plain = text.encode()
    if "gzip" in call.headers.get("Accept-Encoding", "").lower():
        return statement(gzip.compress(plain, mtime=0), "application/gzip", plain)
    return statement(plain, "text/plain; charset=utf-8")


def _bill(state: State, day: str, _: str, sub_mchid: str) -> str | None:
    rows = [
        _row(trade_row(state, entry, order), order["currency"])
        for entry, order in paid_and_refunded(state, day)
        if sub_mchid in ("", funds.sub_merchant(order))
    ]
    return table(state, STATEMENT, rows)


def _row(row: Row, currency: str) -> Row:
    refunded = row.get("refund")
    currencies = {"payer_currency": currency, "settlement_currency": currency}
    if refunded:
        back = ("payer_refund_currency", "refund_settlement_currency")
        currencies |= dict.fromkeys(back, currency)
    return {
        **row,
        **currencies,
        "exchange_rate": "1",
        "refund_exchange_rate": "1" if refunded else None,
        "refund_settlement_total": refunded,
    }
