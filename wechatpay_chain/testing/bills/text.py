"""The lines of trade bills and fund flow bills, in pieces of several thousand lines.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4013071227,
https://pay.weixin.qq.com/doc/v3/merchant/4013071235
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from ...bills.forms import columns, trade
from ...bills.forms.fund_flow import EXPENDITURE, FUND_FLOW, INCOME
from .facts import Form, Order, Purchase, Refund

__all__ = ["OTHER_FLOWS", "Event", "fund_flow_text", "trade_text"]

Event = tuple[Order, Refund | None]

FORMS = {
    "ALL": trade.ALL,
    "SUCCESS": trade.SUCCESS,
    "REFUND": trade.REFUND,
    "SHORT": trade.OLD_ALL,
}
OTHER_FLOWS = (
    ("充值/提现", "提现", -1, "自动提现"),
    ("分账", "分账", -1, ""),
    ("充值/提现", "充值", 1, ""),
    ("企业付款", "商家转账", -1, ""),
)
"""The other cash flows of a day: business, type, direction, remark."""
NOT_REFUNDED = ",`0,`0,`0.00,`0.00,`,`"
LINES = 4000
LAST_SECOND = 86_399
RECHARGE = 10_000


def yuan(fen: int) -> str:
    """Convert fen to yuan with two decimals."""
    if fen < 0:
        return f"-{yuan(-fen)}"
    return f"{fen // 100}.{fen % 100:02}"


def trade_text(
    events: Iterable[Event], date: datetime.date, form: Form, kind: str, end: str
) -> Iterator[str]:
    """Yield a trade bill in pieces.

    Args:
        events: payments and refunds, in bill order.
        date: the date.
        form: the settings of the days.
        kind: `ALL`, `SUCCESS`, `REFUND` or `SHORT` (ALL without its last three columns).
        end: the line end.
    """
    render, bought = _Rendering(form, kind), None
    count = settled = refunded = coupons = fees = total = requested = 0
    lines = [FORMS[kind].header]
    second, time = -1, ""
    for order, refund in events:
        number, transaction_id, purchase, now = order
        if now != second:
            second, time = now, _time(date, now)
        if refund is None and kind != "REFUND":
            if purchase is not bought:
                bought = purchase
                before, after = render.payment(purchase)
            lines.append(f"`{time}{before}{transaction_id},`{number}{after}")
            settled += purchase.settlement_total
            total += purchase.total
            fees += purchase.fee
        elif refund is not None and kind != "SUCCESS":
            before, after = render.refund(purchase, refund, time)
            lines.append(f"`{time}{before}{transaction_id},`{number}{after}")
            bought = None
            refunded += refund.refund
            coupons += refund.coupon
            requested += refund.requested
            fees -= refund.fee
        else:
            continue
        count += 1
        if len(lines) >= LINES:
            yield end.join((*lines, ""))
            lines.clear()
    sums = {
        "count": str(count),
        "settlement_total": yuan(settled),
        "refund": yuan(refunded),
        "coupon_refund": yuan(coupons),
        "fee": f"{yuan(fees)}000",
        "total": yuan(total),
        "refund_requested": yuan(requested),
    }
    yield end.join((*lines, *_summary(FORMS[kind], sums), ""))


def _summary(form: columns.Form, sums: dict[str, str]) -> tuple[str, str]:
    return form.summary_header, ",".join(f"`{sums[total.name]}" for total in form.totals)


class _Rendering:
    """A row's text before and after its two numbers; a payment's is rendered once per purchase."""

    def __init__(self, form: Form, kind: str) -> None:
        self._whose = f",`{form.appid},`{form.mchid},`"
        self._kind = kind
        self._payments: dict[Purchase, tuple[str, str]] = {}

    def payment(self, purchase: Purchase) -> tuple[str, str]:
        found = self._payments.get(purchase)
        if found is None:
            money = f"{yuan(purchase.settlement_total)},`{yuan(purchase.coupon)}"
            refunds = self._kind != "SUCCESS"
            last = f"{yuan(purchase.total)},`{'0.00,`' if refunds else ''}"
            found = self._made(
                purchase, "SUCCESS", money, NOT_REFUNDED if refunds else "", purchase.fee, last
            )
            self._payments[purchase] = found
        return found

    def refund(self, purchase: Purchase, refund: Refund, time: str) -> tuple[str, str]:
        times = f",`{time},`{time}" if self._kind == "REFUND" else ""
        middle = (
            f"{times},`{refund.refund_id},`{refund.out_refund_no},`{yuan(refund.refund)},`"
            f"{yuan(refund.coupon)},`ORIGINAL,`SUCCESS"
        )
        last = f"0.00,`{yuan(refund.requested)},`"
        state = "REVOKED" if refund.refund_id == "0" else "REFUND"
        return self._made(purchase, state, "0.00,`0.00", middle, -refund.fee, last)

    def _made(
        self, purchase: Purchase, state: str, money: str, middle: str, fee: int, last: str
    ) -> tuple[str, str]:
        before = f"{self._whose}{purchase.sub_mchid or '0'},`{purchase.device_info},`"
        after = (
            f",`{purchase.openid},`{purchase.trade_type},`{state},`{purchase.bank_type},`"
            f"{purchase.currency},`{money}{middle},`{purchase.description},`{purchase.attach},`"
            f"{yuan(fee)}000,`{purchase.rate // 100}.{purchase.rate % 100:02}%"
        )
        return before, after if self._kind == "SHORT" else f"{after},`{last}"


def fund_flow_text(
    events: Iterable[Event], date: datetime.date, form: Form, opening: int, end: str
) -> Iterator[str]:
    """Yield the basic account's fund flow bill in pieces; it matches the trade bill to the fen.

    A payment is an income of its `settlement`, and its fee is an expense in a separate line. A
    refund is an expense without the returned fee. Withdrawals and other businesses follow at the
    end.

    Args:
        events: payments and refunds, in bill order.
        date: the date.
        form: the settings of the days.
        opening: the balance at midnight, in fen.
        end: the line end.
    """
    digits, balance, second, time = f"{date:%Y%m%d}", opening, -1, ""
    came = went = income = expense = 0
    lines = [FUND_FLOW.header]

    def flow(own: str, names: str, amount: int, rest: str) -> None:
        nonlocal balance, came, went, income, expense
        balance += amount
        if amount >= 0:
            way, came, income = INCOME, came + 1, income + amount
        else:
            amount = -amount
            way, went, expense = EXPENDITURE, went + 1, expense + amount
        lines.append(
            f"`{time},`{own},`1000{digits}{came + went:016},`{names},`{way},`"
            f"{amount // 100}.{amount % 100:02},`{balance // 100}.{balance % 100:02},`{rest}"
        )

    by_merchant = f"{form.mchid}API"
    for (number, transaction_id, purchase, now), refund in events:
        if now != second:
            second, time = now, _time(date, now)
        if refund is None:
            rest = f"system,`,`{number}"
            flow(transaction_id, "交易,`交易", purchase.settlement_total, rest)
            if purchase.fee:
                flow(transaction_id, "交易,`扣除交易手续费", -purchase.fee, rest)
        elif refund.refund_id == "0":
            flow(
                transaction_id,
                "退款,`交易撤销",
                refund.fee - refund.refund,
                f"{by_merchant},`,`{number}",
            )
        else:
            remark = f"退款总金额{yuan(refund.refund)}元;含手续费{yuan(refund.fee)}元"
            rest = f"{by_merchant},`{remark},`{refund.out_refund_no}"
            flow(refund.refund_id, "退款,`退款", refund.fee - refund.refund, rest)
        if len(lines) >= LINES:
            yield end.join((*lines, ""))
            lines.clear()
    time = _time(date, LAST_SECOND)
    for index, (business, exactly, way, remark) in enumerate(OTHER_FLOWS):
        amount = max(0, balance) // 3 if way < 0 else RECHARGE
        if amount:
            rest = f"{by_merchant},`{remark},`W{digits}{index}"
            flow(f"9{digits}{index:05}", f"{business},`{exactly}", way * amount, rest)
    sums = {
        "count": str(came + went),
        "income_count": str(came),
        "income": yuan(income),
        "expenditure_count": str(went),
        "expenditure": yuan(expense),
    }
    yield end.join((*lines, *_summary(FUND_FLOW, sums), ""))


def _time(date: datetime.date, second: int) -> str:
    minutes, seconds = divmod(second, 60)
    return f"{date} {minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
