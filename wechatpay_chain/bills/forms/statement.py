"""The forms of statements: Hong Kong and global settlement, in several currencies.

Amounts are in the main unit of their currency column. The English headings are those that WeChat
Pay documents; undocumented columns are read as text by their headings.

Sources: https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter3_3_6.shtml,
https://pay.weixin.qq.com/wiki/doc/api/wxpay/ch/pages/ico-guide/chapter1_4.shtml
"""

from __future__ import annotations

from .columns import Column, ColumnType, Form, Total

__all__ = ["ENGLISH", "FORMS", "STATEMENT"]

KIND = "statement"
MONEY = ColumnType.MONEY
COUNT = Total("总交易单数", "count")

PARTIES = (
    Column("交易时间", "trade_time", ColumnType.TIME, required=True, aliases=("Transaction time",)),
    Column("公众账号ID", "appid", aliases=("Official account ID",)),
    Column("商户号", "mchid", ColumnType.ID, required=True, aliases=("Vendor ID",)),
    Column("子商户号", "sub_mchid", ColumnType.ID, aliases=("Sub vendor ID",)),
    Column("设备号", "device_info", aliases=("Device ID",)),
    Column(
        "微信订单号",
        "transaction_id",
        ColumnType.ID,
        required=True,
        aliases=("Wechat order number",),
    ),
    Column("商户订单号", "out_trade_no", required=True, aliases=("Vendor order number",)),
    Column("用户标识", "openid", aliases=("User tag",)),
    Column("交易类型", "trade_type", aliases=("Transaction type",)),
    Column("交易状态", "trade_state", required=True, aliases=("Transaction status",)),
    Column("付款银行", "bank_type", aliases=("Payment bank",)),
)
REFUNDS = (
    Column("微信退款单号", "refund_id", ColumnType.ID, aliases=("Wechat refund number",)),
    Column("商户退款单号", "out_refund_no", ColumnType.ID, aliases=("Vendor refund number",)),
)

STATEMENT = Form(
    KIND,
    "",
    (
        *PARTIES,
        Column("充值券币种", "coupon_currency"),
        Column("充值券金额", "coupon", MONEY, signed=True),
        Column("优惠券币种", "discount_currency"),
        Column("优惠券金额", "discount", MONEY, signed=True),
        *REFUNDS,
        Column("退款类型", "refund_type"),
        Column("退款状态", "refund_status"),
        Column("商品名称", "description", free=True),
        Column("商户数据包", "attach", free=True),
        Column("手续费", "fee", MONEY, signed=True),
        Column("费率", "rate", ColumnType.RATE),
        Column("标价币种", "currency", required=True),
        Column("订单金额(标价币种)", "total", MONEY, required=True, signed=True),
        Column("用户支付币种", "payer_currency"),
        Column("用户支付金额", "payer_total", MONEY, signed=True),
        Column("结算币种", "settlement_currency"),
        Column("应结订单金额", "settlement_total", MONEY, signed=True),
        Column("支付汇率", "exchange_rate", ColumnType.NUMBER),
        Column("退款汇率", "refund_exchange_rate", ColumnType.NUMBER),
        Column("申请退款金额", "refund_requested", MONEY, signed=True),
        Column("用户退款币种", "payer_refund_currency"),
        Column("用户退款金额", "payer_refund", MONEY, signed=True),
        Column("退款结算币种", "refund_settlement_currency"),
        Column("退款应结订单金额", "refund_settlement_total", MONEY, signed=True),
        Column("充值券退款金额", "coupon_refund", MONEY, signed=True),
        Column("优惠券退款金额", "discount_refund", MONEY, signed=True),
    ),
    (COUNT,),
    ends_with_summary=False,
)

ENGLISH = Form(
    KIND,
    "",
    (
        *(column.renamed() for column in PARTIES),
        Column("Currency type", "currency", required=True),
        Column("Total amount", "total", MONEY, required=True, signed=True),
        Column("Coupon amount", "coupon", MONEY, signed=True),
        *(column.renamed() for column in REFUNDS),
    ),
    (COUNT,),
    ends_with_summary=False,
)
"""APIv2's form for merchants abroad; further columns are kept as text."""

FORMS = (STATEMENT, ENGLISH)
