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
PAGE, SCALE = (1120, 680), 1.4
SIZE = (1568, 952)
"""Of a picture, in pixels: the page at its scale, so that text is sharp."""
NUMBERS = ("order-0001", "order-0002", "order-0003")
TOTALS = (1990, 6800, 45900)
GOODS = {
    "en": ("Wool scarf", "Oolong tea", "Tea set, six cups"),
    "zh": ("羊毛围巾", "乌龙茶", "六杯茶具套装"),
}
SCROLL = """
const heading = document.querySelector(".timeline").previousElementSibling;
heading.style.scrollMarginTop = "18px";
heading.scrollIntoView();
"""


def photograph(driver: Chrome) -> dict[str, bytes]:
    """The console as PNG, by language.

    Args:
        driver: of Chromium.
    """
    return {language: _photograph(driver, language) for language in PICTURES}


def _photograph(driver: Chrome, language: str) -> bytes:
    with (
        Gateway() as gateway,
        NotificationServer((204, b"")) as shop,
        gateway.client(fill=True, notify_url=shop.url) as wxpay,
    ):
        _trade(gateway, wxpay, GOODS[language])
        page = ConsolePage(driver, gateway.base_uri)
        page.resize(*PAGE)
        page.open(f"{gateway.base_uri}_gateway/?lang={language}#/orders/{NUMBERS[0]}")
        page.wait_for_text("REFUND.SUCCESS", ".timeline")
        page.run(SCROLL)
        clip = {"x": 0, "y": 0, "width": PAGE[0], "height": PAGE[1], "scale": SCALE}
        taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
        return base64.b64decode(taken["data"])


def _trade(gateway: Gateway, wxpay: WeChatPay, goods: tuple[str, ...]) -> None:
    """Orders, two of which are paid, and a refund of the first; each notification has arrived."""
    for number, description, total in zip(NUMBERS, goods, TOTALS, strict=True):
        order = {"out_trade_no": number, "description": description, "amount": {"total": total}}
        wxpay.v3.pay.transactions.native.post(json=order)
    for number in NUMBERS[:2]:
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
