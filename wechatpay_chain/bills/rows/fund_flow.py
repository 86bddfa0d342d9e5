"""A row of a fund flow bill."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...display.showing import showing
from .extra import NONE, Extra

if TYPE_CHECKING:
    from ...display.view import View

__all__ = ["FundFlowRow"]


@showing
@dataclass(frozen=True, slots=True, kw_only=True)
class FundFlowRow:
    """An entry of an account.

    `repr` does not show the applicant and the remark.

    Attributes:
        accounting_time: when the account's balance changed.
        business_id: WeChat Pay's number of the payment, refund, withdrawal, …
        flow_id: the number of this entry.
        direction: `收入` (income) or `支出` (expense).
        amount: in fen, never negative.
        balance: the account's balance after the entry, in fen.
        applicant: who initiated it: an employee's account, `…API`, or `system`.
        voucher_no: the merchant-assigned number, such as `out_trade_no`.
        extra: texts of columns that this version does not know, by heading.
    """

    accounting_time: datetime.datetime = field(metadata={"column": "记账时间"})
    business_id: str | None = field(default=None, metadata={"column": "微信支付业务单号"})
    flow_id: str = field(metadata={"column": "资金流水单号"})
    business_name: str | None = field(default=None, metadata={"column": "业务名称"})
    business_type: str | None = field(default=None, metadata={"column": "业务类型"})
    direction: str = field(metadata={"column": "收支类型"})
    amount: int = field(metadata={"column": "收支金额(元)"})
    balance: int = field(metadata={"column": "账户结余(元)"})
    applicant: str | None = field(
        default=None, repr=False, metadata={"column": "资金变更提交申请人"}
    )
    remark: str | None = field(default=None, repr=False, metadata={"column": "备注"})
    voucher_no: str | None = field(default=None, metadata={"column": "业务凭证号"})
    extra: Extra = field(default=NONE, repr=False)

    def _view_(self) -> View:
        from ..showing import row_view

        return row_view(self, "fund_flow")
