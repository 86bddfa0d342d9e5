"""The tables that the statements read, and the types of their columns.

Times are naive and in Asia/Shanghai (+08:00), which every dialect supports; amounts are in fen.
"""

from __future__ import annotations

__all__ = ["DAYS", "FUND_FLOW", "INPUTS", "ORDERS", "REFUNDS", "TRADE"]

Columns = dict[str, str]

TRADE: Columns = {
    "trade_time": "TIMESTAMP",
    "mchid": "VARCHAR",
    "sub_mchid": "VARCHAR",
    "transaction_id": "VARCHAR",
    "out_trade_no": "VARCHAR",
    "trade_state": "VARCHAR",
    "currency": "VARCHAR",
    "settlement_total": "BIGINT",
    "refund_id": "VARCHAR",
    "out_refund_no": "VARCHAR",
    "refund": "BIGINT",
    "refund_status": "VARCHAR",
    "fee": "DECIMAL(18, 3)",
    "rate": "DECIMAL(9, 6)",
    "total": "BIGINT",
    "refund_requested": "BIGINT",
    "line": "BIGINT",
}
"""The relevant columns of a trade bill; `line` is the line in the file."""

ORDERS: Columns = {
    "out_trade_no": "VARCHAR",
    "total": "BIGINT",
    "trade_state": "VARCHAR",
    "transaction_id": "VARCHAR",
    "mchid": "VARCHAR",
    "sub_mchid": "VARCHAR",
    "currency": "VARCHAR",
    "paid_at": "TIMESTAMP",
    "rate": "DECIMAL(9, 6)",
    "fee": "DECIMAL(18, 3)",
}

REFUNDS: Columns = {
    "out_refund_no": "VARCHAR",
    "refund": "BIGINT",
    "out_trade_no": "VARCHAR",
    "refund_status": "VARCHAR",
    "refund_id": "VARCHAR",
    "mchid": "VARCHAR",
    "sub_mchid": "VARCHAR",
    "currency": "VARCHAR",
    "refunded_at": "TIMESTAMP",
}

DAYS: Columns = {"day": "DATE", "payments": "INTEGER", "refunds": "INTEGER"}
"""The days of the bills, and whether the bills list payments and refunds (1) or not (0)."""

FUND_FLOW: Columns = {
    "accounting_time": "TIMESTAMP",
    "business_id": "VARCHAR",
    "flow_id": "VARCHAR",
    "business_name": "VARCHAR",
    "business_type": "VARCHAR",
    "direction": "VARCHAR",
    "amount": "BIGINT",
    "balance": "BIGINT",
    "voucher_no": "VARCHAR",
    "line": "BIGINT",
}

INPUTS: dict[str, Columns] = {
    "trade": TRADE,
    "neighbours": TRADE,
    "orders": ORDERS,
    "refunds": REFUNDS,
    "days": DAYS,
}
