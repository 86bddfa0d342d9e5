"""Bills for these tests: rows of texts, with a header and a summary around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from wechatpay_chain.bills.forms import Form
from wechatpay_chain.bills.forms.trade import ALL

PAYMENT = {
    "trade_time": "2026-11-25 10:00:00",
    "appid": "wxd678efh567hg6787",
    "mchid": "1900000109",
    "sub_mchid": "0",
    "transaction_id": "4200000001202611250000000001",
    "out_trade_no": "A-1",
    "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
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
    "description": "茶, 红",
    "fee": "0.07400",
    "rate": "0.60%",
    "total": "12.34",
    "refund_requested": "0.00",
}
REFUND = PAYMENT | {
    "trade_time": "2026-11-25 11:30:00",
    "trade_state": "REFUND",
    "settlement_total": "0.00",
    "refund_id": "50300000012026112500000001",
    "out_refund_no": "R-1",
    "refund": "1.00",
    "refund_type": "ORIGINAL",
    "refund_status": "SUCCESS",
    "fee": "-0.00600",
    "total": "0.00",
    "refund_requested": "1.00",
}
FLOW = {
    "accounting_time": "2026-11-25 10:00:00",
    "business_id": "4200000001202611250000000001",
    "flow_id": "1",
    "business_name": "交易",
    "business_type": "交易",
    "direction": "收入",
    "amount": "12.34",
    "balance": "112.34",
    "applicant": "system",
    "remark": "",
    "voucher_no": "A-1",
}


def lines(rows: Iterable[Mapping[str, str]], form: Form = ALL) -> list[str]:
    """A bill, line by line; a value that is no number counts as nothing in the summary."""
    rows = list(rows)
    texts = [[row.get(column.name, "") for column in form.columns] for row in rows]
    totals = []
    for total in form.totals:
        counted = [
            row
            for row in rows
            if row.get("direction", "") == total.direction or not total.direction
        ]
        places = 5 if total.of == "fee" else 2
        amount = sum((number(row.get(total.of, "")) for row in counted), Decimal(0))
        totals.append(f"{amount:.{places}f}" if total.of else str(len(counted)))
    body = ["`" + ",`".join(row) for row in texts]
    return [form.header, *body, form.summary_header, "`" + ",`".join(totals)]


def number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(0)


def text(rows: Iterable[Mapping[str, str]], form: Form = ALL, newline: str = "\n") -> str:
    return "".join(line + newline for line in lines(rows, form))


def written(path: Path, rows: Iterable[Mapping[str, str]], form: Form = ALL) -> Path:
    path.write_bytes(b"\xef\xbb\xbf" + text(rows, form).encode())
    return path
