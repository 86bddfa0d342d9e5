"""The texts of the report in Chinese and English: the classes of differences, and remedies."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "BUSINESSES",
    "CLASSES",
    "COLUMNS",
    "DIFFERENCES",
    "FIELDS",
    "STATUSES",
    "Class",
    "Words",
]


class Words(NamedTuple):
    """The same text in both languages."""

    zh: str
    en: str


class Class(NamedTuple):
    """A class of differences.

    Attributes:
        name: its heading.
        meaning: its explanation.
        action: the recommended action.
    """

    name: Words
    meaning: Words
    action: Words


CLASSES: dict[str, Class] = {
    "matched": Class(
        Words("一致", "Matched"),
        Words("账单与本方记录一致。", "Bill and records agree."),
        Words("无需处理。", "Nothing to do."),
    ),
    "missing_here": Class(
        Words("本方缺少支付", "Paid, unknown here"),
        Words(
            "账单中有支付，本方没有对应的订单，或订单未标记为已支付。",
            "The bill has a payment for which there is no paid order here.",
        ),
        Words(
            "多为支付通知丢失或处理失败。用商户订单号查单，确认后补记；订单已失效的，退款给用户。",
            "Usually a notification was lost or its handler failed. Query the order by its number, "
            "then record the payment, or refund it where the order is void.",
        ),
    ),
    "missing_there": Class(
        Words("账单缺少支付", "Paid here, not on the bill"),
        Words(
            "本方标记为已支付，当日及前后相邻日期的账单中都没有。",
            "The order is paid here, but is neither on this day's bill nor on the neighbouring "
            "days' bills.",
        ),
        Words(
            "暂停发货或退货结算，用商户订单号查单。未支付的，更正本方记录，并检查支付结果的来源。",
            "Hold the delivery and query the order by its number. If it is not paid, correct the "
            "record, and find out what marked it as paid.",
        ),
    ),
    "amount": Class(
        Words("支付金额不一致", "Amount differs"),
        Words(
            "同一订单在账单和本方的订单金额不同。",
            "Bill and records have different totals for the same order.",
        ),
        Words(
            "以账单为准核实。检查下单后改价、单位换算（元与分）和通知中的金额校验。",
            "Check against the bill. Look for a price that changed after the order was placed, a "
            "mix-up of yuan and fen, or a handler that does not compare the amount.",
        ),
    ),
    "currency": Class(
        Words("币种不一致", "Currency differs"),
        Words(
            "同一订单在账单和本方的币种不同。",
            "Bill and records have different currencies for the same order.",
        ),
        Words(
            "核对下单时的币种，更正本方记录；金额要按正确的币种重新核对。",
            "Check the currency that the order was placed in, correct the record, and compare the "
            "amount again in that currency.",
        ),
    ),
    "state": Class(
        Words("交易状态不一致", "State differs"),
        Words(
            "订单两边都有，但状态不同，例如账单中已撤销、本方仍为支付成功。",
            "Both sides have the order in different states, such as revoked on the bill and paid "
            "here.",
        ),
        Words(
            "用商户订单号查单，以查单结果更新状态。账单是快照，出账后的变化不会体现在账单中。",
            "Query the order by its number and record the state that it has. A bill is a snapshot: "
            "what changed after it was made is not in it.",
        ),
    ),
    "fee": Class(
        Words("手续费不一致", "Fee differs"),
        Words(
            "账单中的手续费或费率与本方约定的不同。",
            "The fee or the rate on the bill is not the one that was agreed.",
        ),
        Words(
            "核对商户号的签约费率和费率优惠活动；仍有疑问的，带上微信支付订单号联系微信支付。",
            "Check the contract's rate and its promotions. If it remains unexplained, contact "
            "WeChat Pay with the transaction ids.",
        ),
    ),
    "refund_missing_here": Class(
        Words("本方缺少退款", "Refunded, unknown here"),
        Words(
            "账单中有退款，本方没有对应的退款记录。",
            "The bill has a refund that is not recorded here.",
        ),
        Words(
            "常见原因是在商户平台手工退款，或退款请求已受理但记录未落库。用商户退款单号查询后补记。",
            "Often somebody refunded on the merchant platform, or the request was accepted and its "
            "record lost. Query the refund by its number and record it.",
        ),
    ),
    "refund_missing_there": Class(
        Words("账单缺少退款", "Refunded here, not on the bill"),
        Words(
            "本方记录了退款，当日及前后相邻日期的账单中都没有。",
            "The refund is recorded here, but is neither on this day's bill nor on the "
            "neighbouring days' bills.",
        ),
        Words(
            "用商户退款单号查询。未受理的，用原退款单号、原参数重新申请。",
            "Query the refund by its number. If it was never accepted, send it again with the same "
            "number and parameters.",
        ),
    ),
    "refund_amount": Class(
        Words("退款金额不一致", "Refund amount differs"),
        Words(
            "同一退款单两边金额不同，或累计退款超过订单金额。",
            "Both sides have different amounts for a refund, or an order was refunded by more "
            "than its total.",
        ),
        Words(
            "以账单为准核实；超额退款的，检查并发退款和退款单号的生成方式。",
            "Check against the bill. Where too much was refunded, look at refunds that ran at the "
            "same time, and at how refund numbers are made.",
        ),
    ),
    "duplicate": Class(
        Words("重复", "Duplicate"),
        Words(
            "同一单号在一方出现多次，或两边的同一单号对应不同的微信支付单号。",
            "A number appears more than once on one side, or stands for different transactions on "
            "the two sides.",
        ),
        Words(
            "本方重复的，合并记录并给单号加唯一约束；账单重复的，确认用户是否重复支付，多付的部分退款。",
            "Where it is here, merge the records and make the number unique. Where it is on the "
            "bill, check whether the customer paid twice, and refund what is too much.",
        ),
    ),
    "other_day": Class(
        Words("跨日", "Other day"),
        Words(
            "两边都有且一致，但记在不同日期，通常发生在零点前后。",
            "Both sides agree, but have it on different days, usually around midnight.",
        ),
        Words(
            "无需补单。账单以支付成功时间划分日期，本方按同一口径记账即可消除。",
            "Nothing is missing. The bill counts a payment on the day it succeeded; records that "
            "do the same agree.",
        ),
    ),
    "merchant": Class(
        Words("商户号不一致", "Merchant differs"),
        Words(
            "单号两边都有，但商户号或子商户号不同。",
            "Both sides have the number, under different merchants or sub-merchants.",
        ),
        Words(
            "核对下单时使用的商户号和子商户号，资金已进入账单所示的商户账户。",
            "Check which merchant the order was placed for: the money went to the one on the bill.",
        ),
    ),
}
"""All keys of `result.counts`."""

DIFFERENCES = tuple(kind for kind in CLASSES if kind != "matched")

COLUMNS: dict[str, Words] = {
    "kind": Words("类别", "Class"),
    "out_trade_no": Words("商户订单号", "Order"),
    "out_refund_no": Words("商户退款单号", "Refund"),
    "transaction_id": Words("微信支付订单号", "Transaction"),
    "mchid": Words("商户号", "Merchant"),
    "sub_mchid": Words("子商户号", "Sub-merchant"),
    "field": Words("字段", "Field"),
    "here": Words("本方", "Here"),
    "there": Words("账单", "Bill"),
    "amount": Words("金额（元）", "Amount (yuan)"),
    "trade_time": Words("交易时间", "Time"),
    "day": Words("日期", "Day"),
    "line": Words("账单行号", "Bill line"),
    "status": Words("与上次相比", "Since the last run"),
}
"""The columns of a difference, in display order."""

FIELDS: dict[str, Words] = {
    "total": Words("订单金额", "total"),
    "refund": Words("退款金额", "refund"),
    "fee": Words("手续费", "fee"),
    "rate": Words("费率", "rate"),
    "currency": Words("币种", "currency"),
    "trade_state": Words("交易状态", "trade state"),
    "refund_status": Words("退款状态", "refund status"),
    "mchid": Words("商户号", "merchant"),
    "sub_mchid": Words("子商户号", "sub-merchant"),
    "out_trade_no": Words("商户订单号", "order"),
    "transaction_id": Words("微信支付订单号", "transaction"),
    "refund_id": Words("微信支付退款单号", "refund id"),
    "paid_at": Words("支付时间", "time of payment"),
    "refunded_at": Words("退款时间", "time of refund"),
}
"""The values of a difference's `field`."""

STATUSES: dict[str, Words] = {
    "new": Words("新增", "New"),
    "open": Words("未解决", "Still open"),
    "solved": Words("已解决", "Solved"),
}
"""The statuses of a difference, compared with the last run."""

BUSINESSES: dict[str, str] = {
    "交易": "Payments",
    "扣除交易手续费": "Fees",
    "退款": "Refunds",
    "退还交易手续费": "Fees given back",
    "交易撤销": "Reversed payments",
    "退款关闭": "Closed refunds",
    "充值": "Top-ups",
    "提现": "Withdrawals",
    "分账": "Profit sharing",
    "分账回退": "Profit sharing returned",
    "商家转账": "Transfers",
    "商家转账退回": "Transfers returned",
}
"""Names of movements in a fund flow bill; others are displayed by their Chinese name."""
