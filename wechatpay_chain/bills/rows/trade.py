"""A row of a trade bill."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from ...display.showing import showing
from .extra import NONE, Extra

if TYPE_CHECKING:
    from ...display.view import View

__all__ = ["TradeRow"]


@showing
@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRow:
    """A payment or a refund.

    Amounts are in fen. A field is None if the form lacks its column, if the text is empty, or if
    WeChat Pay writes `0` for "none" (`sub_mchid`, `refund_id`, `out_refund_no`). The `fee` of a
    refund is negative. `repr` does not show the payer, the description and the attached data.

    Attributes:
        trade_time: when the payment succeeded; for a refund, when it was accepted.
        trade_state: `SUCCESS`, `REFUND` or `REVOKED`.
        settlement_total: the settled part of the order, without coupons that the merchant did not
            prepay.
        fee: the fee of the payment, in fen with three decimals; for a refund, the returned fee.
        rate: the rate of the fee as a fraction: `Decimal("0.0060")` for 0.60%.
        refund_time: when the refund was requested; only in the REFUND form.
        refund_success_time: when the refund succeeded; only in the REFUND form.
        extra: texts of columns that this version does not know, by heading.
    """

    trade_time: datetime.datetime = field(metadata={"column": "交易时间"})
    appid: str | None = field(default=None, metadata={"column": "公众账号ID"})
    mchid: str = field(metadata={"column": "商户号"})
    sub_mchid: str | None = field(default=None, metadata={"column": "特约商户号"})
    device_info: str | None = field(default=None, metadata={"column": "设备号"})
    transaction_id: str = field(metadata={"column": "微信订单号"})
    out_trade_no: str = field(metadata={"column": "商户订单号"})
    openid: str | None = field(default=None, repr=False, metadata={"column": "用户标识"})
    trade_type: str | None = field(default=None, metadata={"column": "交易类型"})
    trade_state: str = field(metadata={"column": "交易状态"})
    bank_type: str | None = field(default=None, metadata={"column": "付款银行"})
    currency: str = field(metadata={"column": "货币种类"})
    settlement_total: int = field(metadata={"column": "应结订单金额"})
    coupon: int | None = field(default=None, metadata={"column": "代金券金额"})
    refund_id: str | None = field(default=None, metadata={"column": "微信退款单号"})
    out_refund_no: str | None = field(default=None, metadata={"column": "商户退款单号"})
    refund: int | None = field(default=None, metadata={"column": "退款金额"})
    coupon_refund: int | None = field(default=None, metadata={"column": "充值券退款金额"})
    refund_type: str | None = field(default=None, metadata={"column": "退款类型"})
    refund_status: str | None = field(default=None, metadata={"column": "退款状态"})
    description: str | None = field(default=None, repr=False, metadata={"column": "商品名称"})
    attach: str | None = field(default=None, repr=False, metadata={"column": "商户数据包"})
    fee: Decimal = field(metadata={"column": "手续费"})
    rate: Decimal | None = field(default=None, metadata={"column": "费率"})
    total: int = field(metadata={"column": "订单金额"})
    refund_requested: int | None = field(default=None, metadata={"column": "申请退款金额"})
    rate_note: str | None = field(default=None, metadata={"column": "费率备注"})
    refund_time: datetime.datetime | None = field(default=None, metadata={"column": "退款申请时间"})
    refund_success_time: datetime.datetime | None = field(
        default=None, metadata={"column": "退款成功时间"}
    )
    extra: Extra = field(default=NONE, repr=False)

    def _view_(self) -> View:
        from ..showing import row_view

        return row_view(self, "trade")
