"""The text of bills: a day of the ledger as WeChat Pay's CSV writes it.

Every value has a backtick before it, amounts are in yuan with two decimals, and two lines at the
end sum it up. The gateway charges no fees.

Sources: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html,
https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-fundflow.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...state import State
from .. import funds
from ..payments import records as payments
from ..payments.records import Order
from ..refunds import records as refunding

__all__ = ["ACCOUNTS", "fund_flow_bill", "trade_bill"]

COMMON = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,"
    "交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额"
)
TIMES = "退款申请时间,退款成功时间"
REFUNDED = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态"
GOODS = "商品名称,商户数据包,手续费,费率"
HEADINGS = {
    "ALL": f"{COMMON},{REFUNDED},{GOODS},订单金额,申请退款金额,费率备注",
    "SUCCESS": f"{COMMON},{GOODS},订单金额,费率备注",
    "REFUND": f"{COMMON},{TIMES},{REFUNDED},{GOODS},订单金额,申请退款金额,费率备注",
}
WITH_REFUNDS = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
TOTALS = {
    "ALL": WITH_REFUNDS,
    "SUCCESS": "总交易单数,应结订单总金额,手续费总金额,订单总金额",
    "REFUND": WITH_REFUNDS,
}
KINDS = {
    "ALL": ("payment", "refund", "reverse"),
    "SUCCESS": ("payment",),
    "REFUND": ("refund", "reverse"),
}
"""The ledger's entries that a bill of each type lists."""
STATUSES = {
    refunding.PROCESSING: "PROCESSING",
    refunding.SUCCESS: "SUCCESS",
    refunding.ABNORMAL: "CHANGE",
    refunding.CLOSED: "FAIL",
}
NO_FEE = "0.00000"

FLOW = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),"
    "账户结余(元),资金变更提交申请人,备注,业务凭证号"
)
FLOW_TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
ACCOUNTS: dict[str, tuple[str, ...]] = {
    "BASIC": ("merchant", "frozen"),
    "OPERATION": ("operation",),
    "FEES": (),
}
"""The ledger's accounts that are one of WeChat Pay's."""
NAMES = {
    "payment": ("交易", "交易"),
    "refund": ("退款", "退款"),
    "reverse": ("退款", "交易撤销"),
    "refund_closed": ("退款", "退款关闭退还"),
    "share": ("分账", "分账"),
    "return": ("分账", "分账回退"),
    "recharge": ("充值/提现", "充值"),
    "transfer": ("企业付款", "商家转账"),
    "transfer_returned": ("企业付款", "商家转账退回"),
}
"""What the ledger's kinds are called: the business, and more exactly."""
OWN_NUMBERS = ("refund_id", "return_id", "order_id", "transfer_bill_no", "transaction_id")
VOUCHERS = ("out_refund_no", "out_return_no", "out_order_no", "out_bill_no", "out_trade_no")

Entry = dict[str, Any]
Row = dict[str, str]


def trade_bill(state: State, day: str, kind: str, sub_mchid: str = "") -> str | None:
    """Payments and refunds of a day; None where there were none.

    Args:
        state: of the gateway.
        day: as `2026-11-20`.
        kind: `ALL`, `SUCCESS` or `REFUND`; there are none of another.
        sub_mchid: whose alone; empty is everybody's.
    """
    rows, settled, refunded = [], 0, 0
    for entry in state.ledger.entries(day):
        if entry["kind"] not in KINDS.get(kind, ()):
            continue
        order = payments.existing(state, entry["out_trade_no"])
        if sub_mchid in ("", funds.sub_merchant(order)):
            rows.append(_trade_row(state, entry, order))
            settled += entry["amount"] if entry["kind"] == "payment" else 0
            refunded += 0 if entry["kind"] == "payment" else entry["amount"]
    if not rows:
        return None
    totals = {
        "总交易单数": str(len(rows)),
        "应结订单总金额": yuan(settled),
        "退款总金额": yuan(refunded),
        "充值券退款总金额": yuan(0),
        "手续费总金额": NO_FEE,
        "订单总金额": yuan(settled),
        "申请退款总金额": yuan(refunded),
    }
    return _table(HEADINGS[kind], rows, TOTALS[kind], totals)


def _trade_row(state: State, entry: Entry, order: Order) -> Row:
    parties, content = order["parties"], order["content"]
    paid = entry["amount"] if entry["kind"] == "payment" else 0
    row = {
        "交易时间": _time(state, entry["time"]),
        "公众账号ID": parties.get("appid") or parties.get("sp_appid") or state.identity.appid,
        "商户号": state.identity.mchid,
        "特约商户号": funds.sub_merchant(order) or "0",
        "设备号": content.get("device_info") or "",
        "微信订单号": order["transaction_id"],
        "商户订单号": order["out_trade_no"],
        "用户标识": order["openid"],
        "交易类型": order["trade_type"],
        "交易状态": "SUCCESS" if paid else "REFUND",
        "付款银行": order["bank_type"],
        "货币种类": order["currency"],
        "应结订单金额": yuan(paid),
        "代金券金额": yuan(0),
        "商品名称": order["description"],
        "商户数据包": order.get("attach") or "",
        "手续费": NO_FEE,
        "费率": "0.00%",
        "订单金额": yuan(paid),
        "费率备注": "",
    }
    return row | (_unrefunded() if paid else _refunded(state, entry))


def _unrefunded() -> Row:
    return {
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": yuan(0),
        "充值券退款金额": yuan(0),
        "退款类型": "",
        "退款状态": "",
        "申请退款金额": yuan(0),
    }


def _refunded(state: State, entry: Entry) -> Row:
    row = _unrefunded() | {
        "退款金额": yuan(entry["amount"]),
        "申请退款金额": yuan(entry["amount"]),
        "退款申请时间": _time(state, entry["time"]),
        "退款类型": "ORIGINAL",
    }
    if entry["kind"] == "reverse":
        moment = _time(state, entry["time"])
        return row | {"交易状态": "REVOKED", "退款状态": "SUCCESS", "退款成功时间": moment}
    refund = refunding.existing(state, entry["out_refund_no"])
    succeeded = refund.get("succeeded")
    return row | {
        "微信退款单号": refund["refund_id"],
        "商户退款单号": refund["out_refund_no"],
        "退款状态": STATUSES[refund["state"]],
        "退款成功时间": "" if succeeded is None else _time(state, succeeded),
    }


def fund_flow_bill(state: State, day: str, kind: str, sub_mchid: str = "") -> str | None:
    """What came onto an account and left it on a day; None where nothing did.

    Args:
        state: of the gateway.
        day: as `2026-11-20`.
        kind: of account: `BASIC`, `OPERATION` or `FEES`.
        sub_mchid: whose; empty is the merchant's own.
    """
    names = ACCOUNTS.get(kind, ())
    accounts = {f"{name}:{sub_mchid}" if sub_mchid else name for name in names}
    balance, rows = state.ledger.opening(day, accounts), []
    came: list[int] = []
    went: list[int] = []
    for entry in state.ledger.entries(day):
        incoming = entry["target"] in accounts
        if incoming == (entry["source"] in accounts):
            continue  # somebody else's, or from one of its pockets into the other
        (came if incoming else went).append(entry["amount"])
        balance += entry["amount"] if incoming else -entry["amount"]
        rows.append(_flow_row(state, entry, balance, incoming=incoming))
    if not rows:
        return None
    totals = {
        "资金流水总笔数": str(len(rows)),
        "收入笔数": str(len(came)),
        "收入金额": yuan(sum(came)),
        "支出笔数": str(len(went)),
        "支出金额": yuan(sum(went)),
    }
    return _table(FLOW, rows, FLOW_TOTALS, totals)


def _flow_row(state: State, entry: Entry, balance: int, *, incoming: bool) -> Row:
    business, exactly = NAMES[entry["kind"]]
    own = next((entry[name] for name in OWN_NUMBERS if entry.get(name)), "")
    by_merchant = entry["kind"] not in ("payment", "recharge", "refund_closed")
    refund = entry["kind"] == "refund"
    return {
        "记账时间": _time(state, entry["time"]),
        "微信支付业务单号": own,
        "资金流水单号": entry.get("transaction_id") or own,
        "业务名称": business,
        "业务类型": exactly,
        "收支类型": "收入" if incoming else "支出",
        "收支金额(元)": yuan(entry["amount"]),
        "账户结余(元)": yuan(balance),
        "资金变更提交申请人": f"{state.identity.mchid}API" if by_merchant else "system",
        "备注": f"退款总金额{yuan(entry['amount'])}元;含手续费0.00元" if refund else "",
        "业务凭证号": next((entry[name] for name in VOUCHERS if entry.get(name)), ""),
    }


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals, by whole numbers alone."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02}"


def _time(state: State, moment: float) -> str:
    return state.clock.rfc3339(moment)[:19].replace("T", " ")


def _table(heading: str, rows: Iterable[Row], totals_heading: str, totals: Row) -> str:
    lines = [heading, *(_line(heading, row) for row in rows)]
    return "".join(f"{line}\n" for line in (*lines, totals_heading, _line(totals_heading, totals)))


def _line(heading: str, row: Row) -> str:
    return ",".join(f"`{_escaped(row.get(name, ''))}" for name in heading.split(","))


def _escaped(value: Any) -> str:
    """A value that ends neither its field nor its line."""
    text = str(value).replace("\x01", " ")
    return text.replace(",", "\\ ").replace("\r", "\\r").replace("\n", "\\n")
