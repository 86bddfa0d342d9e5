"""The forms of fund flow bills: the entries of an account on a day.

All accounts (`BASIC`, `OPERATION`, `FEES`) have the same form; their header does not identify them.

Sources: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-fundflow.html,
https://pay.weixin.qq.com/doc/v2/merchant/4011939779
"""

from __future__ import annotations

from .columns import Column, ColumnType, Form, Total

__all__ = ["EXPENDITURE", "FORMS", "FUND_FLOW", "INCOME"]

INCOME = "收入"
EXPENDITURE = "支出"

FUND_FLOW = Form(
    "fund_flow",
    "",
    (
        Column("记账时间", "accounting_time", ColumnType.TIME, required=True),
        Column("微信支付业务单号", "business_id", ColumnType.ID),
        Column("资金流水单号", "flow_id", ColumnType.ID, required=True),
        Column("业务名称", "business_name"),
        Column("业务类型", "business_type"),
        Column("收支类型", "direction", required=True),
        Column("收支金额(元)", "amount", ColumnType.AMOUNT, required=True),
        Column("账户结余(元)", "balance", ColumnType.AMOUNT, required=True, signed=True),
        Column("资金变更提交申请人", "applicant"),
        Column("备注", "remark", free=True),
        Column("业务凭证号", "voucher_no", ColumnType.ID),
    ),
    (
        Total("资金流水总笔数", "count"),
        Total("收入笔数", "income_count", direction=INCOME),
        Total("收入金额", "income", "amount", INCOME),
        Total("支出笔数", "expenditure_count", direction=EXPENDITURE),
        Total("支出金额", "expenditure", "amount", EXPENDITURE),
    ),
)

FORMS = (FUND_FLOW,)
