"""The form of profit sharing bills for merchants abroad.

The headings of the bill in mainland China are not documented, so it is read as text by its
headings.

Source: https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter4_1_9.shtml
"""

from __future__ import annotations

from .columns import Column, ColumnType, Form

__all__ = ["FORMS", "GLOBAL"]

GLOBAL = Form(
    "profit_sharing",
    "",
    (
        Column("create_time", "create_time", ColumnType.TIME, required=True),
        Column("initiator", "initiator"),
        Column("sponsor", "sponsor"),
        Column("sub_mchid", "sub_mchid", ColumnType.ID),
        Column("transaction_id", "transaction_id", ColumnType.ID, required=True),
        Column("order_id", "order_id", ColumnType.ID, required=True),
        Column("out_order_no", "out_order_no"),
        Column("detail_id", "detail_id", ColumnType.ID, aliases=("detaill_id",)),
        Column("receiver_account", "receiver_account"),
        Column("amount", "amount", ColumnType.MONEY, required=True, signed=True),
        Column("currency", "currency"),
        Column("settlement_amount", "settlement_amount", ColumnType.MONEY, signed=True),
        Column("settlement_currency", "settlement_currency"),
        Column("exchange_rate", "exchange_rate", ColumnType.NUMBER),
        Column("business_type", "business_type"),
        Column("status", "status"),
        Column("description", "description", free=True),
    ),
    (),
)

FORMS = (GLOBAL,)
