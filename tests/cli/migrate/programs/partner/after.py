"""A platform that pays its sub-merchants."""
from __future__ import annotations

import json
import os

from wechatpay_chain import APIError, WeChatPay

SUB = os.environ["SHOP_SUB_MCHID"]


def read(name: str) -> str:
    with open(os.environ[name]) as file:
        return file.read()


class Platform:
    def __init__(self) -> None:
        self._pay = WeChatPay(
            mchid=os.environ["SHOP_MCHID"],
            serial=os.environ["SHOP_SERIAL"],
            private_key=read("SHOP_KEY"),
            certs={os.environ["SHOP_PUBLIC_KEY_ID"]: read("SHOP_PUBLIC_KEY")},
            apiv3_key=os.environ["SHOP_APIV3_KEY"],
            appid=os.environ["SHOP_APPID"],
            notify_url="http://127.0.0.1:1/notify",
        )

    def order(self, number: str, share: bool) -> tuple[int, list[str]]:
        try:
            response = self._pay.v3.pay.partner.transactions.native.post(
                json={
                    "notify_url": self._pay.notify_url,
                    "description": "tea",
                    "out_trade_no": number,
                    "amount": {"total": 1000},
                    "settle_info": {"profit_sharing": share},
                    "sp_appid": self._pay.appid,
                    "sp_mchid": self._pay.mchid,
                    "sub_mchid": SUB,
                },
            )
        except APIError as error:
            response = error.response
        code, message = response.status_code, response.text
        return code, sorted(json.loads(message))

    def number(self, number: str) -> str:
        try:
            response = self._pay.v3.pay.partner.transactions.outTradeNo._out_trade_no_.get(
                out_trade_no=number,
                query={"sp_mchid": self._pay.mchid, "sub_mchid": SUB},
            )
        except APIError as error:
            response = error.response
        code, message = response.status_code, response.text
        return json.loads(message)["transaction_id"]

    def receiver(self, account: str, name: str) -> int:
        try:
            response = self._pay.v3.profitsharing.receivers.add.post(
                json={
                    "type": "PERSONAL_OPENID",
                    "account": account,
                    "relation_type": "USER",
                    **({"name": name} if name else {}),
                    "appid": self._pay.appid,
                    "sub_mchid": SUB,
                },
                sensitive="auto",
            )
        except APIError as error:
            response = error.response
        code, _ = response.status_code, response.text
        return code

    def share(self, number: str, account: str, amount: int) -> tuple[int, str]:
        receiver = {"type": "PERSONAL_OPENID", "account": account, "amount": amount}
        try:
            response = self._pay.v3.profitsharing.orders.post(
                json={
                    "transaction_id": self.number(number),
                    "out_order_no": f"share-{number}",
                    "unfreeze_unsplit": True,
                    "receivers": [{**receiver, "description": "to a user"}],
                    "appid": self._pay.appid,
                    "sub_mchid": SUB,
                },
                sensitive="auto",
            )
        except APIError as error:
            response = error.response
        code, message = response.status_code, response.text
        return code, json.loads(message).get("state", message)

    def guides(self) -> list[object]:
        try:
            response = self._pay.v3.smartguide.guides.get(
                query={"store_id": "1234", "limit": 5},
                sensitive="auto",
            )
        except APIError as error:
            response = error.response
        code, message = response.status_code, response.text
        return [code, json.loads(message).get("code")]
