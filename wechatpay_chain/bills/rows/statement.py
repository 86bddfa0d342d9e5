"""A row of a Hong Kong or global statement."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from ...display.showing import showing
from .extra import NONE, Extra

if TYPE_CHECKING:
    from ...display.view import View

__all__ = ["StatementRow"]


@showing
@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """A payment or a refund, in the currencies of price, payment and settlement.

    Amounts are in the main unit of their currency (dollars, not cents), as written in the
    statement.

    Attributes:
        currency: the currency of the price and of `total`.
        payer_currency: the currency of the payment and of `payer_total`.
        settlement_currency: the currency of the settlement and of `settlement_total`.
        exchange_rate: the exchange rate of the payment, as written.
        extra: texts of columns that this version does not know, by heading.
    """

    trade_time: datetime.datetime = field(metadata={"column": "交易时间"})
    appid: str | None = field(default=None, metadata={"column": "公众账号ID"})
    mchid: str = field(metadata={"column": "商户号"})
    sub_mchid: str | None = field(default=None, metadata={"column": "子商户号"})
    device_info: str | None = field(default=None, metadata={"column": "设备号"})
    transaction_id: str = field(metadata={"column": "微信订单号"})
    out_trade_no: str = field(metadata={"column": "商户订单号"})
    openid: str | None = field(default=None, repr=False, metadata={"column": "用户标识"})
    trade_type: str | None = field(default=None, metadata={"column": "交易类型"})
    trade_state: str = field(metadata={"column": "交易状态"})
    bank_type: str | None = field(default=None, metadata={"column": "付款银行"})
    coupon_currency: str | None = field(default=None, metadata={"column": "充值券币种"})
    coupon: Decimal | None = field(default=None, metadata={"column": "充值券金额"})
    discount_currency: str | None = field(default=None, metadata={"column": "优惠券币种"})
    discount: Decimal | None = field(default=None, metadata={"column": "优惠券金额"})
    refund_id: str | None = field(default=None, metadata={"column": "微信退款单号"})
    out_refund_no: str | None = field(default=None, metadata={"column": "商户退款单号"})
    refund_type: str | None = field(default=None, metadata={"column": "退款类型"})
    refund_status: str | None = field(default=None, metadata={"column": "退款状态"})
    description: str | None = field(default=None, repr=False, metadata={"column": "商品名称"})
    attach: str | None = field(default=None, repr=False, metadata={"column": "商户数据包"})
    fee: Decimal | None = field(default=None, metadata={"column": "手续费"})
    rate: Decimal | None = field(default=None, metadata={"column": "费率"})
    currency: str = field(metadata={"column": "标价币种"})
    total: Decimal = field(metadata={"column": "订单金额(标价币种)"})
    payer_currency: str | None = field(default=None, metadata={"column": "用户支付币种"})
    payer_total: Decimal | None = field(default=None, metadata={"column": "用户支付金额"})
    settlement_currency: str | None = field(default=None, metadata={"column": "结算币种"})
    settlement_total: Decimal | None = field(default=None, metadata={"column": "应结订单金额"})
    exchange_rate: Decimal | None = field(default=None, metadata={"column": "支付汇率"})
    refund_exchange_rate: Decimal | None = field(default=None, metadata={"column": "退款汇率"})
    refund_requested: Decimal | None = field(default=None, metadata={"column": "申请退款金额"})
    payer_refund_currency: str | None = field(default=None, metadata={"column": "用户退款币种"})
    payer_refund: Decimal | None = field(default=None, metadata={"column": "用户退款金额"})
    refund_settlement_currency: str | None = field(
        default=None, metadata={"column": "退款结算币种"}
    )
    refund_settlement_total: Decimal | None = field(
        default=None, metadata={"column": "退款应结订单金额"}
    )
    coupon_refund: Decimal | None = field(default=None, metadata={"column": "充值券退款金额"})
    discount_refund: Decimal | None = field(default=None, metadata={"column": "优惠券退款金额"})
    extra: Extra = field(default=NONE, repr=False)

    def _view_(self) -> View:
        from ..showing import row_view

        return row_view(self, "statement")
