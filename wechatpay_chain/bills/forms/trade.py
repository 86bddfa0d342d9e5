"""The forms of trade bills: the payments and refunds of a day.

Sources: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html,
https://pay.weixin.qq.com/doc/v2/merchant/4011937133
"""

from __future__ import annotations

from .columns import Column, ColumnType, Form, Total

__all__ = ["ALL", "FORMS", "OLD_ALL", "OLD_REFUND", "OLD_SUCCESS", "REFUND", "SUCCESS"]

KIND = "trade"

PARTIES = (
    Column("交易时间", "trade_time", ColumnType.TIME, required=True),
    Column("公众账号ID", "appid"),
    Column("商户号", "mchid", ColumnType.ID, required=True),
    Column("特约商户号", "sub_mchid", ColumnType.ID, aliases=("子商户号",)),
    Column("设备号", "device_info"),
    Column("微信订单号", "transaction_id", ColumnType.ID, required=True),
    Column("商户订单号", "out_trade_no", required=True),
    Column("用户标识", "openid"),
    Column("交易类型", "trade_type"),
    Column("交易状态", "trade_state", required=True),
    Column("付款银行", "bank_type"),
    Column("货币种类", "currency", required=True),
)
SETTLEMENT_TOTAL = Column(
    "应结订单金额",
    "settlement_total",
    ColumnType.AMOUNT,
    required=True,
    signed=True,
    aliases=("总金额",),
)
COUPON = Column(
    "代金券金额", "coupon", ColumnType.AMOUNT, aliases=("企业红包金额", "代金券或立减优惠金额")
)
TIMES = (
    Column("退款申请时间", "refund_time", ColumnType.TIME),
    Column("退款成功时间", "refund_success_time", ColumnType.TIME),
)
REFUNDS = (
    Column("微信退款单号", "refund_id", ColumnType.ID),
    Column("商户退款单号", "out_refund_no", ColumnType.ID),
    Column("退款金额", "refund", ColumnType.AMOUNT),
    Column(
        "充值券退款金额",
        "coupon_refund",
        ColumnType.AMOUNT,
        aliases=("企业红包退款金额", "代金券或立减优惠退款金额"),
    ),
    Column("退款类型", "refund_type"),
    Column("退款状态", "refund_status"),
)
GOODS = (
    Column("商品名称", "description", free=True),
    Column("商户数据包", "attach", free=True),
    Column("手续费", "fee", ColumnType.FEE, required=True, signed=True),
    Column("费率", "rate", ColumnType.RATE),
)
TOTAL = Column("订单金额", "total", ColumnType.AMOUNT, required=True, signed=True)
REFUND_REQUESTED = Column("申请退款金额", "refund_requested", ColumnType.AMOUNT)
RATE_NOTE = Column("费率备注", "rate_note")

COUNT = Total("总交易单数", "count")
SETTLED = Total("应结订单总金额", "settlement_total", "settlement_total", aliases=("总交易额",))
REFUNDED = Total("退款总金额", "refund", "refund", aliases=("总退款金额",))
COUPONS_REFUNDED = Total(
    "充值券退款总金额",
    "coupon_refund",
    "coupon_refund",
    aliases=("总企业红包退款金额", "总代金券或立减优惠退款金额"),
)
FEES = Total("手续费总金额", "fee", "fee")
ORDERED = Total("订单总金额", "total", "total")
REQUESTED = Total("申请退款总金额", "refund_requested", "refund_requested")
WITH_REFUNDS = (COUNT, SETTLED, REFUNDED, COUPONS_REFUNDED, FEES, ORDERED, REQUESTED)

ALL = Form(
    KIND,
    "ALL",
    (
        *PARTIES,
        SETTLEMENT_TOTAL,
        COUPON,
        *REFUNDS,
        *GOODS,
        TOTAL,
        REFUND_REQUESTED,
        RATE_NOTE,
    ),
    WITH_REFUNDS,
)
SUCCESS = Form(
    KIND,
    "SUCCESS",
    (*PARTIES, SETTLEMENT_TOTAL, COUPON, *GOODS, TOTAL, RATE_NOTE),
    (COUNT, SETTLED, FEES, ORDERED),
)
REFUND = Form(
    KIND,
    "REFUND",
    (
        *PARTIES,
        SETTLEMENT_TOTAL,
        COUPON,
        *TIMES,
        *REFUNDS,
        *GOODS,
        TOTAL,
        REFUND_REQUESTED,
        RATE_NOTE,
    ),
    WITH_REFUNDS,
)


def older(form: Form) -> Form:
    """Return the form for merchants who have not enabled coupons without prepayment.

    Its headings are the first aliases, and it ends before `订单金额`. Only coupons without
    prepayment make `应结订单金额` less than `订单金额`, so the two are equal in this form.
    """
    new = {TOTAL.name, REFUND_REQUESTED.name, RATE_NOTE.name}
    columns = tuple(column.renamed() for column in form.columns if column.name not in new)
    totals = tuple(total.renamed() for total in WITH_REFUNDS if total.name not in new)
    names = {column.name for column in columns}
    pairs = ((TOTAL.name, SETTLEMENT_TOTAL.name), (REFUND_REQUESTED.name, "refund"))
    return Form(KIND, form.type, columns, totals, tuple(pair for pair in pairs if pair[1] in names))


OLD_ALL, OLD_SUCCESS, OLD_REFUND = older(ALL), older(SUCCESS), older(REFUND)

FORMS = (ALL, SUCCESS, REFUND, OLD_ALL, OLD_SUCCESS, OLD_REFUND)
