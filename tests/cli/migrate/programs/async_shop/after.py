import asyncio
import json
import os
from pathlib import Path

import httpx
from wechatpay_chain import APIError, WeChatPay


class Cashier:
    wxpay: WeChatPay

    def __init__(self, wxpay: WeChatPay):
        self.number = 0

    async def order(self, wxpay: WeChatPay, number: str):
        try:
            response = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get_async(
                out_trade_no=number,
                query={"mchid": wxpay.mchid},
            )
        except APIError as failure:
            response = failure.response
        return response.status_code, response.text


async def main(prefix):
    seen = []
    async with WeChatPay(
        mchid=os.environ["SHOP_MCHID"],
        serial=os.environ["SHOP_SERIAL"],
        private_key=Path(os.environ["SHOP_KEY"]).read_text(),
        certs={os.environ["SHOP_PUBLIC_KEY_ID"]: Path(os.environ["SHOP_PUBLIC_KEY"]).read_text()},
        apiv3_key=os.environ["SHOP_APIV3_KEY"],
        appid=os.environ["SHOP_APPID"],
        notify_url="http://127.0.0.1:1/notify",
    ) as wxpay:
        for total in (1, 2):
            try:
                try:
                    response = await wxpay.v3.pay.transactions.app.post_async(
                        json={
                            "notify_url": wxpay.notify_url,
                            "description": "tea",
                            "out_trade_no": f"{prefix}-{total}",
                            "amount": {"total": total},
                            "appid": wxpay.appid,
                            "mchid": wxpay.mchid,
                        },
                    )
                except APIError as failure:
                    response = failure.response
                code, message = response.status_code, response.text
            except httpx.HTTPError as error:
                seen.append(error)
                continue
            seen.append((code, sorted(json.loads(message))))
        try:
            response = await wxpay.v3.combineTransactions.outTradeNo._combine_out_trade_no_.get_async(
                combine_out_trade_no=f"{prefix}-none",
            )
        except APIError as failure:
            response = failure.response
        code, message = response.status_code, response.text
        seen.append((code, json.loads(message)["code"]))
        try:
            response = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post_async(
                out_trade_no=f"{prefix}-1",
                json={"mchid": wxpay.mchid},
            )
        except APIError as failure:
            response = failure.response
        code, message = response.status_code, response.text
        seen.append((code, len(message)))
    return seen


def run(prefix):
    return asyncio.run(main(prefix))
