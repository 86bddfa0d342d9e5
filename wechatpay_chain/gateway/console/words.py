"""The words of the pages that are made here, in Chinese and English, and which of them to use.

The console's own are in `static/zh.js` and `en.js`: its language changes without loading it anew.
"""

from __future__ import annotations

from aiohttp import web

__all__ = ["COOKIE", "LANGUAGES", "WORDS", "language"]

COOKIE = "gateway_lang"
"""The cookie that remembers the language; the console's script sets the same one."""
LANGUAGES = {"zh": "zh-CN", "en": "en"}

WORDS: dict[str, dict[str, str]] = {
    "zh": {
        "cashier": "收银台",
        "test": "本地测试收银台，不会真的扣款",
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
        "returns_to": "真实支付后会返回",
        "NOTPAY": "待支付",
        "ACCEPT": "等待扣款",
        "USERPAYING": "等待用户确认",
        "PAYERROR": "支付失败，可再次支付",
        "SUCCESS": "支付成功",
        "REFUND": "已退款",
        "REFUND_PART": "部分退款",
        "CLOSED": "已关闭",
        "REVOKED": "已撤销",
        "pay": "支付 {amount}",
        "fail": "支付失败",
        "expire": "让订单过期",
        "fail_hint": "如余额不足，订单仍可再次支付",
        "expire_hint": "立即到达有效期，订单关闭",
        "SUCCESS_hint": "款项已记账，通知已发往商户。",
        "REFUND_hint": "款项退回支付者。",
        "REFUND_PART_hint": "部分款项退回支付者。",
        "CLOSED_hint": "商户已关闭订单，或已超过有效期；不能再支付。",
        "REVOKED_hint": "商户已撤销此订单。",
        "qr": "扫码打开此页",
        "qr_label": "本页地址的二维码",
        "qr_missing": "安装 wechatpay-chain[gateway] 后显示二维码",
        "qr_local": "此地址仅限本机打开。要用手机扫码，请以 --host 绑定局域网地址启动。",
        "copy": "复制地址",
        "copied": "已复制",
        "live": "实时",
        "offline": "连接中断，重试中",
        "rejected": "操作被拒绝",
        "foreign": "请求来自其他网站，已拒绝。",
        "unknown_title": "没有这个订单",
        "unknown": "模拟网关没有这个编号的订单。未指定 --data 时，重启后订单会清空。",
        "not_found_title": "没有这个页面",
        "not_found": "模拟网关没有这个地址。",
        "forbidden_title": "仅限本机",
        "forbidden": "控制台只能在运行模拟网关的机器上打开；收银台页面不受此限。",
        "to_console": "打开控制台",
    },
    "en": {
        "cashier": "Cashier",
        "test": "A local test cashier: no real money moves",
        "other_language": "中文",
        "console": "Console",
        "payee": "Paid to merchant",
        "sub_payee": "Sub-merchant",
        "app": "App",
        "out_trade_no": "Merchant's order no.",
        "combine_out_trade_no": "Combined order no.",
        "transaction_id": "Transaction id",
        "trade_type": "Trade type",
        "description": "Description",
        "attach": "Attached data",
        "created": "Created",
        "expires": "Expires",
        "paid_at": "Paid",
        "payer": "Payer",
        "refunded": "Refunded",
        "left": "left",
        "orders": "A combined payment of {count} orders",
        "returns_to": "A real payment returns to",
        "NOTPAY": "To be paid",
        "ACCEPT": "To be deducted",
        "USERPAYING": "Waiting for the customer",
        "PAYERROR": "Payment failed, can be paid again",
        "SUCCESS": "Paid",
        "REFUND": "Refunded",
        "REFUND_PART": "Refunded in part",
        "CLOSED": "Closed",
        "REVOKED": "Revoked",
        "pay": "Pay {amount}",
        "fail": "Let the payment fail",
        "expire": "Let the order expire",
        "fail_hint": "As with too little money; the order stays payable",
        "expire_hint": "Its time is over at once, and it is closed",
        "SUCCESS_hint": "The money is in the books, and the merchant is being notified.",
        "REFUND_hint": "The money goes back to the payer.",
        "REFUND_PART_hint": "A part of the money goes back to the payer.",
        "CLOSED_hint": "Its merchant closed it, or its time is over: it cannot be paid any more.",
        "REVOKED_hint": "The merchant took this order back.",
        "qr": "Scan to open this page",
        "qr_label": "QR code of this page's address",
        "qr_missing": "Install wechatpay-chain[gateway] to see a QR code",
        "qr_local": "This address works on this machine only. For a telephone, start the gateway "
        "with --host and an address of your network.",
        "copy": "Copy address",
        "copied": "Copied",
        "live": "Live",
        "offline": "Connection lost, trying again",
        "rejected": "Nothing was done",
        "foreign": "This request came from another site and was not carried out.",
        "unknown_title": "There is no such order",
        "unknown": "The number in this address belongs to no order of this gateway. One that is "
        "started without --data has forgotten the orders of the last time.",
        "not_found_title": "There is no such page",
        "not_found": "This gateway has nothing at this address.",
        "forbidden_title": "For this machine only",
        "forbidden": "The console opens only where the gateway runs; cashier pages open anywhere.",
        "to_console": "Open the console",
    },
}


def language(request: web.Request) -> str:
    """`zh` or `en`: asked for, remembered, or what the browser prefers."""
    for chosen in (request.query.get("lang"), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    return _preferred(request.headers.get("Accept-Language", ""))


def _preferred(header: str) -> str:
    """The language of an `Accept-Language` that comes first by its weights; else English."""
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
