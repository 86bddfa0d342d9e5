"""The texts of the server-rendered pages in Chinese and English, and the choice of a language.

The texts of the console are in `static/zh.js` and `static/en.js`, because the console changes its
language without reloading the page.
"""

from __future__ import annotations

from aiohttp import web

__all__ = ["COOKIE", "LANGUAGES", "WORDS", "language"]

COOKIE = "gateway_lang"
"""The cookie with the chosen language; the console's script sets it as well."""
LANGUAGES = {"zh": "zh-CN", "en": "en"}

WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "cashier": "收银台",
        "test": "本地测试收银台，不产生真实扣款",
        "other_language": "English",
        "console": "控制台",
        "payee": "收款商户号",
        "sub_payee": "特约商户号",
        "app": "应用",
        "out_trade_no": "商户订单号",
        "combine_out_trade_no": "合单商户订单号",
        "transaction_id": "微信支付订单号",
        "trade_type": "支付方式",
        "description": "商品描述",
        "attach": "附加数据",
        "created": "下单时间",
        "expires": "有效期至",
        "paid_at": "支付时间",
        "payer": "支付者",
        "refunded": "已退款",
        "left": "剩余",
        "orders": "合单支付，共 {count} 笔",
        "returns_to": "真实支付完成后跳转至",
        "NOTPAY": "待支付",
        "ACCEPT": "等待扣款",
        "USERPAYING": "等待用户确认",
        "PAYERROR": "支付失败，可重新支付",
        "SUCCESS": "支付成功",
        "REFUND": "已退款",
        "REFUND_PART": "部分退款",
        "CLOSED": "已关闭",
        "REVOKED": "已撤销",
        "pay": "支付 {amount}",
        "fail": "支付失败",
        "expire": "置为过期",
        "fail_hint": "如余额不足，订单仍可支付",
        "expire_hint": "订单立即过期并关闭",
        "SUCCESS_hint": "款项已入账，并已通知商户。",
        "REFUND_hint": "款项退还支付者。",
        "REFUND_PART_hint": "部分款项退还支付者。",
        "CLOSED_hint": "商户已关单，或订单已过期，不能再支付。",
        "REVOKED_hint": "商户已撤销此订单。",
        "qr": "扫码打开此页",
        "qr_label": "本页地址的二维码",
        "qr_missing": "安装 wechatpay-chain[gateway] 后显示二维码",
        "qr_local": "该地址只能在本机打开。如需手机扫码，启动时用 --host 指定局域网地址。",
        "copy": "复制地址",
        "copied": "已复制",
        "live": "实时",
        "offline": "连接中断，重试中",
        "rejected": "操作被拒绝",
        "foreign": "请求来自其他网站，已被拒绝。",
        "unknown_title": "订单不存在",
        "unknown": "模拟网关没有该订单。未指定 --data 时，重启会清空订单。",
        "not_found_title": "页面不存在",
        "not_found": "模拟网关没有该页面。",
        "forbidden_title": "仅限本机访问",
        "forbidden": "控制台只能在运行模拟网关的机器上打开，收银台页面不受限制。",
        "to_console": "打开控制台",
    },
    "en": {
        "cashier": "Cashier",
        "test": "Test cashier: no real money is charged",
        "other_language": "中文",
        "console": "Console",
        "payee": "Payee",
        "sub_payee": "Sub-merchant",
        "app": "App",
        "out_trade_no": "Merchant order no.",
        "combine_out_trade_no": "Combined order no.",
        "transaction_id": "Transaction ID",
        "trade_type": "Trade type",
        "description": "Description",
        "attach": "Attached data",
        "created": "Created",
        "expires": "Expires",
        "paid_at": "Paid",
        "payer": "Payer",
        "refunded": "Refunded",
        "left": "left",
        "orders": "Combined payment of {count} orders",
        "returns_to": "After a real payment, returns to",
        "NOTPAY": "Unpaid",
        "ACCEPT": "Awaiting deduction",
        "USERPAYING": "Awaiting the customer",
        "PAYERROR": "Payment failed; the order can still be paid",
        "SUCCESS": "Paid",
        "REFUND": "Refunded",
        "REFUND_PART": "Partially refunded",
        "CLOSED": "Closed",
        "REVOKED": "Revoked",
        "pay": "Pay {amount}",
        "fail": "Fail the payment",
        "expire": "Expire the order",
        "fail_hint": "For example, for an insufficient balance; the order can still be paid",
        "expire_hint": "The order expires and is closed immediately",
        "SUCCESS_hint": "The ledger contains the payment, and the gateway notifies the merchant.",
        "REFUND_hint": "The payer receives the money back.",
        "REFUND_PART_hint": "The payer receives part of the money back.",
        "CLOSED_hint": "The merchant closed the order, or it has expired. It cannot be paid.",
        "REVOKED_hint": "The merchant reversed this order.",
        "qr": "Scan to open this page",
        "qr_label": "QR code of this page's address",
        "qr_missing": "Install wechatpay-chain[gateway] to see a QR code",
        "qr_local": "This address works only on this machine. To scan it with a phone, start the "
        "gateway with --host and a network address.",
        "copy": "Copy address",
        "copied": "Copied",
        "live": "Live",
        "offline": "Connection lost. Reconnecting…",
        "rejected": "The action was rejected",
        "foreign": "The request came from another site and was rejected.",
        "unknown_title": "Order not found",
        "unknown": "The gateway has no order with this number. Without --data, a gateway loses its "
        "orders when it stops.",
        "not_found_title": "Page not found",
        "not_found": "The gateway has no page at this address.",
        "forbidden_title": "Local access only",
        "forbidden": "You can open the console only on the machine of the gateway. Cashier pages "
        "open on any machine.",
        "to_console": "Open the console",
    },
}


def language(request: web.Request) -> str:
    """Return `zh` or `en` from the query, the cookie or the browser's preference, in this order."""
    for chosen in (request.query.get("lang"), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    return _preferred(request.headers.get("Accept-Language", ""))


def _preferred(header: str) -> str:
    """Return the supported language with the highest weight in `Accept-Language`, or English."""
    best, weight = "en", 0.0
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        name = tag.strip().lower().partition("-")[0]
        given = _weight(parameter)
        if name in LANGUAGES and given > weight:
            best, weight = name, given
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
