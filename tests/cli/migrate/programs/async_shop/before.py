import asyncio
import json
import os
from pathlib import Path

import httpx
from wechatpayv3.async_ import AsyncWeChatPay, WeChatPayType


class Cashier:
    wxpay: AsyncWeChatPay

    def __init__(self, wxpay: AsyncWeChatPay):
        self.number = 0

    async def order(self, wxpay: AsyncWeChatPay, number: str):
        return await wxpay.query(out_trade_no=number)


async def main(prefix):
    seen = []
    async with AsyncWeChatPay(
        WeChatPayType.APP,
        os.environ["SHOP_MCHID"],
        Path(os.environ["SHOP_KEY"]).read_text(),
        os.environ["SHOP_SERIAL"],
        os.environ["SHOP_APPID"],
        os.environ["SHOP_APIV3_KEY"],
        "http://127.0.0.1:1/notify",
        public_key=Path(os.environ["SHOP_PUBLIC_KEY"]).read_text(),
        public_key_id=os.environ["SHOP_PUBLIC_KEY_ID"],
    ) as wxpay:
        for total in (1, 2):
            try:
                code, message = await wxpay.pay("tea", f"{prefix}-{total}", {"total": total})
            except httpx.HTTPError as error:
                seen.append(error)
                continue
            seen.append((code, sorted(json.loads(message))))
        code, message = await wxpay.combine_query(f"{prefix}-none")
        seen.append((code, json.loads(message)["code"]))
        code, message = await wxpay.close(f"{prefix}-1")
        seen.append((code, len(message)))
    return seen


def run(prefix):
    return asyncio.run(main(prefix))
