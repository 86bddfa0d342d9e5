"""The scenarios of the load test; each makes five calls for one order.

A call whose response a fault has spoiled is repeated.
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

CALLS_PER_SCENARIO = 5
"""The number of calls in one scenario, without retries."""
FAULT_INTERVAL = 10
"""The interval of calls with a fault."""
MAX_ATTEMPTS = 10
"""The number of failures after which a call counts as lost."""
LEFT_OUT = ("probe", "clock_skew", "rate_limit", "statement_creating", "no_statement")
"""Faults that do not apply to APIv2, apply only at times, or concern bills."""
FAULTS = tuple(name for name in OF_REQUESTS if name not in LEFT_OUT)
TOTAL, REFUND = 100, 30
NATIVE, QUERY = "v3/pay/transactions/native", "v3/pay/transactions/out-trade-no/{number}"
OPTIONS: Mapping[str, Mapping[str, Any]] = {"delay": {"seconds": 0.02}, "status": {"status": 502}}


@dataclass
class LoadResult:
    """The results of the scenarios.

    Attributes:
        orders: each order's state at the end, by its number.
        refunds: the numbers of refunds.
        attempts: requests that were sent.
        faults: how many were set.
        errors: how many attempts failed, by kind.
        notifications: how often the notification of a payment arrived, by the order's number.
    """

    orders: dict[str, str] = field(default_factory=dict)
    refunds: set[str] = field(default_factory=set)
    attempts: int = 0
    faults: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    notifications: Counter[str] = field(default_factory=Counter)

    @property
    def paid(self) -> list[str]:
        """The numbers of the paid orders."""
        return [number for number, state in self.orders.items() if state in ("SUCCESS", "REFUND")]


class LoadClient:
    """Makes calls, adds faults for some of them, and repeats failed ones.

    Args:
        wxpay: a client.
        session: for the control API.
        gateway: the address of the gateway.
        notify_url: where notifications go.
        result: records what happens.
        certificate_options: the options of a call that shows the merchant's certificate.
        appid: of the merchant's app.
    """

    def __init__(
        self,
        wxpay: WeChatPay,
        session: aiohttp.ClientSession,
        gateway: str,
        notify_url: str,
        result: LoadResult,
        certificate_options: Mapping[str, Any],
        appid: str,
    ) -> None:
        self.appid = appid
        self.wxpay = wxpay
        self.certificate_options = certificate_options
        self.session = session
        self.gateway = gateway
        self.notify_url = notify_url
        self.result = result
        self.mchid = wxpay.credential.mchid
        self._calls = itertools.count(1)
        self._faults = itertools.cycle(FAULTS)

    async def call(self, verb: str, path: str, **options: Any) -> Any:
        """Make a call until it succeeds; return None for a response without a body."""
        if next(self._calls) % FAULT_INTERVAL == 0:
            await self._set_fault(path)
        for _ in range(MAX_ATTEMPTS):
            self.result.attempts += 1
            try:
                response = await getattr(self.wxpay[path], f"{verb}_async")(**options)
            except (SignatureError, TransportError, ServerError, RateLimited) as error:
                self.result.errors[getattr(error, "reason", "") or type(error).__name__] += 1
                continue
            except APIError as error:
                if error.code not in (
                    "FREQUENCY_LIMITED",
                    "SYSTEMERROR",
                ):  # with 200, as APIv2 does
                    raise
                self.result.errors[error.code] += 1
                continue
            if not response.content:
                return None
            return response.xml() if path.startswith("v2/") else response.json()
        raise AssertionError(f"{verb} {path} failed {MAX_ATTEMPTS} times")

    async def _set_fault(self, path: str) -> None:
        name = next(self._faults)
        fault = {"match": path, "fault": name, "times": 1, **OPTIONS.get(name, {})}
        async with self.session.post(f"{self.gateway}_gateway/faults", json=fault) as response:
            assert response.status == 201, await response.text()
        self.result.faults += 1

    async def pay(self, number: str) -> None:
        """Pay an order by the control API."""
        url = f"{self.gateway}_gateway/transactions/{number}/pay"
        async with self.session.post(url) as response:
            assert response.status == 200, await response.text()

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
        response = await self.call("get", QUERY.format(number=number), query={"mchid": self.mchid})
        assert response["out_trade_no"] == number
        return response["trade_state"]


async def pay_and_refund(client: LoadClient, number: str) -> None:
    """Create an order twice, pay it, and refund a part."""
    first = await client.call("post", NATIVE, json=client.order(number))
    assert await client.call("post", NATIVE, json=client.order(number)) == first
    await client.pay(number)
    assert await client.state(number) == "SUCCESS"
    refund = {
        "out_trade_no": number,
        "out_refund_no": f"R{number}",
        "amount": {"refund": REFUND, "total": TOTAL, "currency": "CNY"},
    }
    made = await client.call("post", "v3/refund/domestic/refunds", json=refund)
    assert made["amount"]["refund"] == REFUND
    found = await client.call("get", f"v3/refund/domestic/refunds/R{number}")
    assert found["refund_id"] == made["refund_id"]
    client.result.orders[number] = "REFUND"
    client.result.refunds.add(f"R{number}")


async def pay_and_refund_v2(client: LoadClient, number: str) -> None:
    """Make the same calls by APIv2."""
    who = {"appid": client.appid, "mch_id": client.mchid, "sign_type": "HMAC-SHA256"}
    named = {**who, "out_trade_no": number}
    order = {
        **named,
        "body": "a < b & c",
        "total_fee": TOTAL,
        "spbill_create_ip": "127.0.0.1",
        "notify_url": client.notify_url,
        "trade_type": "NATIVE",
    }
    first = await client.call("post", "v2/pay/unifiedorder", xml=order)
    again = await client.call("post", "v2/pay/unifiedorder", xml=order)
    assert again["code_url"] == first["code_url"]
    await client.pay(number)
    found = await client.call("post", "v2/pay/orderquery", xml=named)
    assert found["trade_state"] == "SUCCESS"
    refund = {
        **named,
        "out_refund_no": f"R{number}",
        "total_fee": TOTAL,
        "refund_fee": REFUND,
    }
    made = await client.call(
        "post", "v2/secapi/pay/refund", xml=refund, **client.certificate_options
    )
    assert made["refund_fee"] == str(REFUND)
    query = {**who, "out_refund_no": f"R{number}"}
    found = await client.call("post", "v2/pay/refundquery", xml=query)
    assert found["out_trade_no"] == number
    client.result.orders[number] = "REFUND"
    client.result.refunds.add(f"R{number}")


async def close_unpaid(client: LoadClient, number: str) -> None:
    """Create an order, close it, and fail to create it again."""
    await client.call("post", NATIVE, json=client.order(number))
    assert await client.state(number) == "NOTPAY"
    closing = f"v3/pay/transactions/out-trade-no/{number}/close"
    assert await client.call("post", closing, json={"mchid": client.mchid}) is None
    assert await client.state(number) == "CLOSED"
    try:
        await client.call("post", NATIVE, json=client.order(number))
    except APIError as error:
        assert error.code == "ORDER_CLOSED", error
    else:
        raise AssertionError(f"{number} was created again")
    client.result.orders[number] = "CLOSED"


async def pay_combined(client: LoadClient, number: str) -> None:
    """Pay two orders as one combined order."""
    inner = [f"{number}{letter}" for letter in "AB"]
    order = {
        "combine_appid": client.appid,
        "combine_mchid": client.mchid,
        "combine_out_trade_no": number,
        "notify_url": client.notify_url,
        "sub_orders": [
            {
                "mchid": client.mchid,
                "attach": "附加数据",
                "out_trade_no": each,
                "description": "QQ公仔",
                "amount": {"total_amount": TOTAL, "currency": "CNY"},
            }
            for each in inner
        ],
    }
    path = "v3/combine-transactions"
    await client.call("post", f"{path}/native", json=order)
    for state in ("NOTPAY", "SUCCESS"):
        found = await client.call("get", f"{path}/out-trade-no/{number}")
        assert [each["trade_state"] for each in found["sub_orders"]] == [state] * 2
        if state == "NOTPAY":
            await client.pay(number)
    for each in inner:
        assert await client.state(each) == "SUCCESS"
        client.result.orders[each] = "SUCCESS"


async def query_unpaid(client: LoadClient, number: str) -> None:
    """Create an order, and query it several times."""
    payer = {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
    order = client.order(number, payer=payer)
    first = await client.call("post", "v3/pay/transactions/jsapi", json=order)
    assert await client.call("post", "v3/pay/transactions/jsapi", json=order) == first
    for _ in range(CALLS_PER_SCENARIO - 2):
        assert await client.state(number) == "NOTPAY"
    client.result.orders[number] = "NOTPAY"


SCENARIOS: tuple[Callable[[LoadClient, str], Awaitable[None]], ...] = (
    pay_and_refund,
    pay_and_refund_v2,
    close_unpaid,
    pay_combined,
    query_unpaid,
)
