"""A platform that pays its sub-merchants."""
from __future__ import annotations

import json
import os

import wechatpayv3

SUB = os.environ["SHOP_SUB_MCHID"]


def read(name: str) -> str:
    with open(os.environ[name]) as file:
        return file.read()


class Platform:
    def __init__(self) -> None:
        self._pay = wechatpayv3.WeChatPay(
            wechatpay_type=wechatpayv3.WeChatPayType.NATIVE,
            mchid=os.environ["SHOP_MCHID"],
            private_key=read("SHOP_KEY"),
            cert_serial_no=os.environ["SHOP_SERIAL"],
            appid=os.environ["SHOP_APPID"],
            apiv3_key=os.environ["SHOP_APIV3_KEY"],
            notify_url="http://127.0.0.1:1/notify",
            partner_mode=True,
            public_key=read("SHOP_PUBLIC_KEY"),
            public_key_id=os.environ["SHOP_PUBLIC_KEY_ID"],
        )

    def order(self, number: str, share: bool) -> tuple[int, list[str]]:
        code, message = self._pay.pay(
            "tea",
            number,
            {"total": 1000},
            sub_mchid=SUB,
            settle_info={"profit_sharing": share},
        )
        return code, sorted(json.loads(message))

    def number(self, number: str) -> str:
        code, message = self._pay.query(out_trade_no=number, sub_mchid=SUB)
        return json.loads(message)["transaction_id"]

    def receiver(self, account: str, name: str) -> int:
        code, _ = self._pay.profitsharing_add_receiver(
            "PERSONAL_OPENID", account, "USER", name, sub_mchid=SUB
        )
        return code

    def share(self, number: str, account: str, amount: int) -> tuple[int, str]:
        receiver = {"type": "PERSONAL_OPENID", "account": account, "amount": amount}
        code, message = self._pay.profitsharing_order(
            self.number(number),
            f"share-{number}",
            [{**receiver, "description": "to a user"}],
            True,
            sub_mchid=SUB,
        )
        return code, json.loads(message).get("state", message)

    def guides(self) -> list[object]:
        code, message = self._pay.guides_query("1234", mobile=None, limit=5)
        return [code, json.loads(message).get("code")]
