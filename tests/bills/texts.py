"""Small bills as text, for the tests of what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wechatpay_chain.bills.forms import Form, fund_flow, profit_sharing, statement, trade

Texts = Mapping[str, str]

PAYMENT: Texts = {
    "trade_time": "2026-11-25 10:00:01",
    "appid": "wxab8acb865bb11234",
    "mchid": "1900007291",
    "sub_mchid": "0",
    "device_info": "",
    "transaction_id": "4200000001202611250000000001",
    "out_trade_no": "A-1",
    "openid": "oUpF8uMuAJO",
    "trade_type": "JSAPI",
    "trade_state": "SUCCESS",
    "bank_type": "OTHERS",
    "currency": "CNY",
    "settlement_total": "12.34",
    "coupon": "0.00",
    "refund_id": "0",
    "out_refund_no": "0",
    "refund": "0.00",
    "coupon_refund": "0.00",
    "refund_type": "",
    "refund_status": "",
    "refund_time": "",
    "refund_success_time": "",
    "description": "绿茶, 大杯",
    "attach": "",
    "fee": "0.07404",
    "rate": "0.60%",
    "total": "12.34",
    "refund_requested": "0.00",
    "rate_note": "",
}
REFUND: Texts = {
    **PAYMENT,
    "trade_time": "2026-11-25 11:30:00",
    "sub_mchid": "1900007292",
    "trade_state": "REFUND",
    "settlement_total": "0.00",
    "refund_id": "50000000012026112500000000001",
    "out_refund_no": "R-1",
    "refund": "2.00",
    "refund_type": "ORIGINAL",
    "refund_status": "SUCCESS",
    "refund_time": "2026-11-25 11:29:59",
    "refund_success_time": "2026-11-25 11:30:05",
    "description": "tea",
    "attach": "shop=7",
    "fee": "-0.01200",
    "total": "0.00",
    "refund_requested": "2.00",
}
TRADE_TOTALS: Texts = {
    "count": "2",
    "settlement_total": "12.34",
    "refund": "2.00",
    "coupon_refund": "0.00",
    "fee": "0.06204",
    "total": "12.34",
    "refund_requested": "2.00",
}
SUCCESS_TOTALS: Texts = {**TRADE_TOTALS, "count": "1", "fee": "0.07404"}

CAME: Texts = {
    "accounting_time": "2026-11-25 10:00:01",
    "business_id": "4200000001202611250000000001",
    "flow_id": "1900007291202611250000000001",
    "business_name": "交易",
    "business_type": "交易",
    "direction": "收入",
    "amount": "12.34",
    "balance": "112.34",
    "applicant": "system",
    "remark": "",
    "voucher_no": "A-1",
}
WENT: Texts = {
    **CAME,
    "accounting_time": "2026-11-25 11:30:00",
    "flow_id": "1900007291202611250000000002",
    "business_name": "退款",
    "direction": "支出",
    "amount": "2.00",
    "balance": "110.34",
    "remark": "退款总金额2.00元;含手续费0.01元",
}
FLOW_TOTALS: Texts = {
    "count": "2.0",
    "income_count": "1.0",
    "income": "12.34",
    "expenditure_count": "1.0",
    "expenditure": "2.00",
}
ABROAD: Texts = {
    **{column.name: "" for column in statement.STATEMENT.columns},
    **{name: PAYMENT[name] for name in ("trade_time", "mchid", "transaction_id", "out_trade_no")},
    "trade_state": "SUCCESS",
    "currency": "JPY",
    "total": "1200",
    "payer_currency": "CNY",
    "payer_total": "57.12",
    "settlement_currency": "JPY",
    "settlement_total": "1200",
    "exchange_rate": "0.0476",
    "rate": "0.60%",
    "coupon": "0.00",
}
SHARE: Texts = {
    **{column.name: "" for column in profit_sharing.GLOBAL.columns},
    "create_time": "2026-11-25 12:00:00",
    "transaction_id": "4200000001202611250000000001",
    "order_id": "3000000001",
    "amount": "1.20",
    "currency": "USD",
}


def bill(
    form: Form, rows: Iterable[Texts], totals: Texts | None, *, end: str = "\n", tick: str = "`"
) -> str:
    """The text of a bill, as WeChat Pay writes it.

    Args:
        form: of the bill.
        rows: texts by the names of fields.
        totals: texts by the names of totals; None leaves out the summary.
        end: of each line.
        tick: what stands before each value.
    """
    lines = [form.header]
    lines += (_line((row[column.name] for column in form.columns), tick) for row in rows)
    if totals is not None:
        lines.append(form.summary_header)
        lines.append(_line((totals[total.name] for total in form.totals), tick))
    return "".join(f"{line}{end}" for line in lines)


def _line(texts: Iterable[str], tick: str) -> str:
    return ",".join(f"{tick}{text}" for text in texts)


ALL = bill(trade.ALL, [PAYMENT, REFUND], TRADE_TOTALS)
SUCCESS = bill(trade.SUCCESS, [PAYMENT], SUCCESS_TOTALS)
REFUNDS = bill(
    trade.REFUND,
    [REFUND],
    {**TRADE_TOTALS, "count": "1", "settlement_total": "0.00", "fee": "-0.01200", "total": "0.00"},
)
OLD = bill(trade.OLD_ALL, [PAYMENT, REFUND], TRADE_TOTALS)
FUND_FLOW = bill(fund_flow.FUND_FLOW, [CAME, WENT], FLOW_TOTALS)
STATEMENT = bill(statement.STATEMENT, [ABROAD], {"count": "1"})
SHARES = bill(profit_sharing.GLOBAL, [SHARE], None) + "total_count,total_amount\n`1,`1.20\n"
UNKNOWN = (
    "分账时间,分账金额,备注\n`2026-11-25 12:00:00,`1.20,`tea, green\n总笔数,总金额\n`1,`1.20\n"
)
BILLS = {
    "ALL": ALL,
    "SUCCESS": SUCCESS,
    "REFUND": REFUNDS,
    "OLD": OLD,
    "FUND_FLOW": FUND_FLOW,
    "STATEMENT": STATEMENT,
    "SHARES": SHARES,
}
