"""Photographs the gateway's console in Chromium: a paid and partly refunded order."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.console.console_page import ConsolePage
from tests.docs.support import ROOT
from tests.servers import NotificationServer
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

__all__ = ["PICTURES", "SIZE", "photograph"]

FOLDER = ROOT / "docs" / "images"
PICTURES = {"en": FOLDER / "console.png", "zh": FOLDER / "console-zh.png"}
SIZE = (1200, 720)
GOODS = (
    ("order-0001", "QQ 公仔", 1990),
    ("order-0002", "乌龙茶", 6800),
    ("order-0003", "茶具", 45900),
)


def photograph(driver: Chrome) -> dict[str, bytes]:
    """The console as PNG, by language.

    Args:
        driver: of Chromium.
    """
    with (
        Gateway() as gateway,
        NotificationServer((204, b"")) as shop,
        gateway.client(fill=True, notify_url=shop.url) as wxpay,
    ):
        _trade(gateway, wxpay)
        page = ConsolePage(driver, gateway.base_uri)
        page.resize(*SIZE)
        taken = {}
        for language in PICTURES:
            page.open(f"{gateway.base_uri}_gateway/?lang={language}#/orders/{GOODS[0][0]}")
            page.wait_for_text("REFUND.SUCCESS", ".timeline")
            page.run("document.querySelector('.timeline').scrollIntoView()")
            taken[language] = base64.b64decode(
                driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
            )
        return taken


def _trade(gateway: Gateway, wxpay: WeChatPay) -> None:
    """Orders, two of which are paid, and a refund of the first; each notification has arrived."""
    for number, description, total in GOODS:
        order = {"out_trade_no": number, "description": description, "amount": {"total": total}}
        wxpay.v3.pay.transactions.native.post(json=order)
    for number, _, _ in GOODS[:2]:
        gateway.pay(number)
        gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=number)
    wxpay.v3.refund.domestic.refunds.post(
        json={
            "out_trade_no": "order-0001",
            "out_refund_no": "refund-0001",
            "amount": {"refund": 990, "total": 1990, "currency": "CNY"},
        }
    )
    gateway.wait_for("REFUND.SUCCESS", out_refund_no="refund-0001")
