"""Fund flow bills: an account's credits and debits on a day, from the ledger.

Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-fundflow.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ....bills.forms.fund_flow import EXPENDITURE, FUND_FLOW, INCOME
from ...state import State
from .text import Row, table, yuan

__all__ = ["ACCOUNTS", "EVERYBODY", "fund_flow_bill"]

ACCOUNTS: dict[str, tuple[str, ...]] = {
    "BASIC": ("merchant", "frozen"),
    "OPERATION": ("operation",),
    "FEES": ("fees",),
    "DEPOSIT": ("deposit",),
}
"""The ledger accounts of each of WeChat Pay's accounts."""
EVERYBODY = "*"
"""Stands for all sub-merchants."""
NAMES = {
    "payment": ("交易", "交易"),
    "fee": ("交易", "扣除交易手续费"),
    "fee_returned": ("退款", "退还交易手续费"),
    "refund": ("退款", "退款"),
    "reverse": ("退款", "交易撤销"),
    "refund_closed": ("退款", "退款关闭"),
    "coupon": ("交易", "代金券"),
    "coupon_budget": ("代金券", "冻结预算"),
    "coupon_budget_returned": ("代金券", "退回预算"),
    "coupon_refunded": ("退款", "代金券退款"),
    "share": ("分账", "分账"),
    "return": ("分账", "分账回退"),
    "advance_returned": ("退款", "垫付退款回补"),
    "subsidy": ("分账", "补差"),
    "subsidy_return": ("分账", "补差回退"),
    "compensation": ("企业付款", "赔付"),
    "compensated": ("企业付款", "赔付到账"),
    "compensation_returned": ("企业付款", "赔付退回"),
    "withdraw": ("充值/提现", "提现"),
    "withdraw_returned": ("充值/提现", "提现退回"),
    "recharge": ("充值/提现", "充值"),
    "transfer": ("企业付款", "商家转账"),
    "transfer_returned": ("企业付款", "商家转账退回"),
    "payout": ("企业付款", "企业付款"),
    "payout_returned": ("企业付款", "企业付款退回"),
    "donation": ("企业付款", "公益捐赠"),
    "red_packet": ("现金红包", "现金红包"),
    "red_packet_returned": ("现金红包", "现金红包退回"),
}
"""The names of the ledger's kinds: the business, and the detailed type."""
BY_SYSTEM = ("payment", "fee", "fee_returned", "recharge", "refund_closed")
OWN_NUMBERS = (
    *("advance_return_id", "refund_id", "return_id", "order_id", "subsidy_id"),
    *("transfer_bill_no", "detail_id", "batch_id", "withdraw_id", "recharge_id", "bill_id"),
    *("transfer_id", "payment_no", "send_listid", "stock_id", "applyment_id"),
    "transaction_id",
)
VOUCHERS = (
    *("out_refund_no", "out_return_no", "out_order_no", "out_bill_no", "out_detail_no"),
    *("out_batch_no", "out_request_no", "out_recharge_no", "out_transfer_no"),
    *("partner_trade_no", "mch_billno", "out_trade_no"),
)

Entry = dict[str, Any]


def fund_flow_bill(state: State, day: str, kind: str, sub_mchid: str = "") -> str | None:
    """Return the bill of an account's credits and debits on a day; None if there are none.

    Args:
        state: the state of the gateway.
        day: in the format `2026-11-20`.
        kind: the kind of the account: `BASIC`, `OPERATION`, `FEES` or `DEPOSIT`.
        sub_mchid: empty for the merchant itself; `EVERYBODY` for all its sub-merchants.
    """
    names = ACCOUNTS.get(kind, ())
    owners = _sub_merchants(state) if sub_mchid == EVERYBODY else [sub_mchid]
    rows: list[Row] = []
    for owner in owners:
        rows += _rows(state, day, {f"{name}:{owner}" if owner else name for name in names})
    return table(state, FUND_FLOW, rows)


def _sub_merchants(state: State) -> list[str]:
    owners = (name.partition(":")[2] for name in state.ledger.balances())
    return sorted(set(filter(None, owners)))


def _rows(state: State, day: str, accounts: set[str]) -> Iterable[Row]:
    balance = state.ledger.opening(day, accounts)
    for entry in state.ledger.entries(day):
        incoming = entry["target"] in accounts
        if incoming == (entry["source"] in accounts):
            continue  # between other accounts, or within this one
        balance += entry["amount"] if incoming else -entry["amount"]
        yield _row(state, entry, balance, incoming=incoming)


def _row(state: State, entry: Entry, balance: int, *, incoming: bool) -> Row:
    business, exactly = NAMES[entry["kind"]]
    own = next((entry[name] for name in OWN_NUMBERS if entry.get(name)), "")
    remark = f"退款总金额{yuan(entry['amount'])}元;含手续费{yuan(entry.get('fee', 0))}元"
    return {
        "accounting_time": entry["time"],
        "business_id": own,
        "flow_id": entry.get("transaction_id") or own,
        "business_name": business,
        "business_type": exactly,
        "direction": INCOME if incoming else EXPENDITURE,
        "amount": entry["amount"],
        "balance": balance,
        "applicant": "system" if entry["kind"] in BY_SYSTEM else f"{state.identity.mchid}API",
        "remark": remark if entry["kind"] == "refund" else "",
        "voucher_no": next((entry[name] for name in VOUCHERS if entry.get(name)), ""),
    }
