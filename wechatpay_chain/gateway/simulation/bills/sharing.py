"""Profit sharing bills: the shares and returns of a day.

WeChat Pay documents the headings of the bill abroad, which are also used for mainland China. It
documents that the bill ends with a summary, but not the summary's headings.

Source: https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter4_1_9.shtml
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ....bills.forms.profit_sharing import GLOBAL
from ...state import State
from ..payments import records as payments
from .text import Row, table, yuan

__all__ = ["sharing_bill"]

KINDS = SHARED, RETURNED = "PROFITSHARING", "RETURN"
DONE = "SUCCESS"
SUMMARY = "分账总笔数,分账总金额,回退总笔数,回退总金额"


def sharing_bill(state: State, day: str, kind: str = "", sub_mchid: str = "") -> str | None:
    """Return the shares and returns of a day; None if there are none.

    Args:
        state: the state of the gateway.
        day: in the format `2026-11-20`.
        kind: unused; there is only one kind.
        sub_mchid: limits the bill to a sub-merchant; empty includes all.
    """
    del kind
    rows = [
        row
        for row in (*_shares(state), *_returns(state))
        if state.clock.date(row["create_time"]) == day and sub_mchid in ("", row["sub_mchid"])
    ]
    text = table(state, GLOBAL, sorted(rows, key=lambda row: float(row["create_time"])))
    return None if text is None else f"{text}{SUMMARY}\n{_summary(rows)}\n"


def _summary(rows: Sequence[Row]) -> str:
    kinds = ([row["amount"] for row in rows if row["business_type"] == each] for each in KINDS)
    return ",".join(f"`{len(amounts)},`{yuan(sum(amounts))}" for amounts in kinds)


def _shares(state: State) -> Iterator[Row]:
    for sharing in state.store.all("sharing"):
        own = sharing["sub_mchid"] or state.identity.mchid
        for receiver in sharing["receivers"]:
            if (receiver["type"], receiver["account"]) != ("MERCHANT_ID", own):
                yield _row(state, sharing, SHARED, receiver) | {
                    "sponsor": own,
                    "detail_id": receiver["detail_id"],
                    "receiver_account": receiver["account"],
                }


def _returns(state: State) -> Iterator[Row]:
    for made in state.store.all("sharing-return"):
        sharing = state.store.get("sharing", made["out_order_no"]) or {}
        yield _row(state, sharing, RETURNED, made) | {
            "sponsor": made["return_mchid"],
            "order_id": made["return_id"],
            "out_order_no": made["out_return_no"],
            "receiver_account": made["sub_mchid"] or state.identity.mchid,
        }


def _row(state: State, sharing: Any, business: str, what: Any) -> dict[str, Any]:
    order = payments.existing(state, transaction_id=sharing["transaction_id"])
    return {
        "create_time": what["time"],
        "initiator": state.identity.mchid,
        "sub_mchid": sharing["sub_mchid"],
        "transaction_id": sharing["transaction_id"],
        "order_id": sharing["order_id"],
        "out_order_no": sharing["out_order_no"],
        "amount": what["amount"],
        "currency": order["currency"],
        "settlement_amount": what["amount"],
        "settlement_currency": order["currency"],
        "exchange_rate": "1",
        "business_type": business,
        "status": DONE,
        "description": what["description"],
    }
