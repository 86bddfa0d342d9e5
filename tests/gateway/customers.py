"""A shop's customers: each makes five calls, for an order and what becomes of it.

A call whose response was spoiled is made again, as a shop must.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from wechatpay_chain import (
    APIError,
    RateLimited,
    ServerError,
    SignatureError,
    TransportError,
    WeChatPay,
)
from wechatpay_chain.testing.fault_names import OF_REQUESTS

CALLS = 5
"""Of one customer."""
ONE_IN = 10
"""One call in so many has a fault in its way."""
MOST = 10
"""So often a call is made before it counts as lost."""
FAULTS = tuple(name for name in OF_REQUESTS if name != "probe")
"""Those that either API's answers can have."""
TOTAL, REFUND = 100, 30
NATIVE, QUERY = "v3/pay/transactions/native", "v3/pay/transactions/out-trade-no/{number}"
OPTIONS: Mapping[str, Mapping[str, Any]] = {"delay": {"seconds": 0.02}, "status": {"status": 502}}


@dataclass
class Outcome:
    """What the customers saw.

    Attributes:
        orders: each order's state at the end, by its number.
        refunds: the numbers of refunds.
        attempts: requests that were sent.
        faults: how many were set.
        errors: what came back instead of a response, by kind.
        notices: how often the notification of a payment came, by the order's number.
    """

    orders: dict[str, str] = field(default_factory=dict)
    refunds: set[str] = field(default_factory=set)
    attempts: int = 0
    faults: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)

    @property
    def paid(self) -> list[str]:
        """The numbers of the orders that were paid."""
        return [number for number, state in self.orders.items() if state in ("SUCCESS", "REFUND")]


class Shop:
    """Makes the calls.

    Args:
        wxpay: a client.
        session: for the control API.
        gateway: where that is.
        notify_url: where notifications go.
        outcome: is told.
        secure: the options of a call that shows the merchant's certificate.
        appid: of the merchant's app.
    """

    def __init__(
        self,
        wxpay: WeChatPay,
        session: aiohttp.ClientSession,
        gateway: str,
        notify_url: str,
        outcome: Outcome,
        secure: Mapping[str, Any],
        appid: str,
    ) -> None:
        self.appid = appid
        self.wxpay = wxpay
        self.secure = secure
        self.session = session
        self.gateway = gateway
        self.notify_url = notify_url
        self.outcome = outcome
        self.mchid = wxpay.credential.mchid
        self._calls = itertools.count(1)
        self._faults = itertools.cycle(FAULTS)

    async def call(self, verb: str, path: str, **options: Any) -> Any:
        """Make a call until its response is one; None for a response without a body."""
        if next(self._calls) % ONE_IN == 0:
            await self._spoil(path)
        for _ in range(MOST):
            self.outcome.attempts += 1
            try:
                answer = await getattr(self.wxpay[path], f"{verb}_async")(**options)
            except (SignatureError, TransportError, ServerError, RateLimited) as error:
                self.outcome.errors[getattr(error, "reason", "") or type(error).__name__] += 1
                continue
            except APIError as error:
                if error.code != "FREQUENCY_LIMITED":
                    raise
                self.outcome.errors["FREQUENCY_LIMITED"] += 1
                continue
            if not answer.content:
                return None
            return answer.xml() if path.startswith("v2/") else answer.json()
        raise AssertionError(f"{verb} {path} was not answered in {MOST} attempts")

    async def _spoil(self, path: str) -> None:
        name = next(self._faults)
        fault = {"match": path, "fault": name, "times": 1, **OPTIONS.get(name, {})}
        async with self.session.post(f"{self.gateway}_gateway/faults", json=fault) as answer:
            assert answer.status == 201, await answer.text()
        self.outcome.faults += 1

    async def pay(self, number: str) -> None:
        """Pay as a customer does."""
        url = f"{self.gateway}_gateway/transactions/{number}/pay"
        async with self.session.post(url) as answer:
            assert answer.status == 200, await answer.text()

    def order(self, number: str, **changes: Any) -> dict[str, Any]:
        return {
            "appid": self.appid,
            "mchid": self.mchid,
            "description": "Image形象店-深圳腾大-QQ公仔",
            "out_trade_no": number,
            "notify_url": self.notify_url,
            "amount": {"total": TOTAL, "currency": "CNY"},
            **changes,
        }

    async def state(self, number: str) -> Any:
        answer = await self.call("get", QUERY.format(number=number), query={"mchid": self.mchid})
        assert answer["out_trade_no"] == number
        return answer["trade_state"]


async def pays(shop: Shop, number: str) -> None:
    """Orders twice, pays, has a part refunded."""
    first = await shop.call("post", NATIVE, json=shop.order(number))
    assert await shop.call("post", NATIVE, json=shop.order(number)) == first
    await shop.pay(number)
    assert await shop.state(number) == "SUCCESS"
    refund = {
        "out_trade_no": number,
        "out_refund_no": f"R{number}",
        "amount": {"refund": REFUND, "total": TOTAL, "currency": "CNY"},
    }
    made = await shop.call("post", "v3/refund/domestic/refunds", json=refund)
    assert made["amount"]["refund"] == REFUND
    found = await shop.call("get", f"v3/refund/domestic/refunds/R{number}")
    assert found["refund_id"] == made["refund_id"]
    shop.outcome.orders[number] = "REFUND"
    shop.outcome.refunds.add(f"R{number}")


async def pays_by_v2(shop: Shop, number: str) -> None:
    """The same by APIv2."""
    who = {"appid": shop.appid, "mch_id": shop.mchid, "sign_type": "HMAC-SHA256"}
    named = {**who, "out_trade_no": number}
    order = {
        **named,
        "body": "a < b & c",
        "total_fee": TOTAL,
        "spbill_create_ip": "127.0.0.1",
        "notify_url": shop.notify_url,
        "trade_type": "NATIVE",
    }
    first = await shop.call("post", "v2/pay/unifiedorder", xml=order)
    again = await shop.call("post", "v2/pay/unifiedorder", xml=order)
    assert again["code_url"] == first["code_url"]
    await shop.pay(number)
    found = await shop.call("post", "v2/pay/orderquery", xml=named)
    assert found["trade_state"] == "SUCCESS"
    refund = {
        **named,
        "out_refund_no": f"R{number}",
        "total_fee": TOTAL,
        "refund_fee": REFUND,
    }
    made = await shop.call("post", "v2/secapi/pay/refund", xml=refund, **shop.secure)
    assert made["refund_fee"] == str(REFUND)
    query = {**who, "out_refund_no": f"R{number}"}
    found = await shop.call("post", "v2/pay/refundquery", xml=query)
    assert found["out_trade_no"] == number
    shop.outcome.orders[number] = "REFUND"
    shop.outcome.refunds.add(f"R{number}")


async def goes_away(shop: Shop, number: str) -> None:
    """Orders; the shop closes it, and cannot have it again."""
    await shop.call("post", NATIVE, json=shop.order(number))
    assert await shop.state(number) == "NOTPAY"
    closing = f"v3/pay/transactions/out-trade-no/{number}/close"
    assert await shop.call("post", closing, json={"mchid": shop.mchid}) is None
    assert await shop.state(number) == "CLOSED"
    try:
        await shop.call("post", NATIVE, json=shop.order(number))
    except APIError as error:
        assert error.code == "ORDER_CLOSED", error
    else:
        raise AssertionError(f"{number} was opened again")
    shop.outcome.orders[number] = "CLOSED"


async def pays_two(shop: Shop, number: str) -> None:
    """Pays two orders at once."""
    inner = [f"{number}{letter}" for letter in "AB"]
    order = {
        "combine_appid": shop.appid,
        "combine_mchid": shop.mchid,
        "combine_out_trade_no": number,
        "notify_url": shop.notify_url,
        "sub_orders": [
            {
                "mchid": shop.mchid,
                "attach": "附加数据",
                "out_trade_no": each,
                "description": "QQ公仔",
                "amount": {"total_amount": TOTAL, "currency": "CNY"},
            }
            for each in inner
        ],
    }
    path = "v3/combine-transactions"
    await shop.call("post", f"{path}/native", json=order)
    for state in ("NOTPAY", "SUCCESS"):
        found = await shop.call("get", f"{path}/out-trade-no/{number}")
        assert [each["trade_state"] for each in found["sub_orders"]] == [state] * 2
        if state == "NOTPAY":
            await shop.pay(number)
    for each in inner:
        assert await shop.state(each) == "SUCCESS"
        shop.outcome.orders[each] = "SUCCESS"


async def hesitates(shop: Shop, number: str) -> None:
    """Orders, and asks again and again."""
    payer = {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
    order = shop.order(number, payer=payer)
    first = await shop.call("post", "v3/pay/transactions/jsapi", json=order)
    assert await shop.call("post", "v3/pay/transactions/jsapi", json=order) == first
    for _ in range(CALLS - 2):
        assert await shop.state(number) == "NOTPAY"
    shop.outcome.orders[number] = "NOTPAY"


CUSTOMERS: tuple[Callable[[Shop, str], Awaitable[None]], ...] = (
    pays,
    pays_by_v2,
    goes_away,
    pays_two,
    hesitates,
)
