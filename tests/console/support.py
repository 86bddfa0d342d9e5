"""Orders, raw HTTP, and wrong signatures, for tests of the console."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.gateway.support import ASKING
from wechatpay_chain import WeChatPay
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages import canonical

NOTIFY = "http://127.0.0.1:1/notify"
HTML = {"Accept": "text/html"}


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


def ask(
    gateway: Gateway,
    path: str,
    method: str = "GET",
    body: str | bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Send a raw request through a socket; `path` can be an absolute URL."""
    place = urlsplit(gateway.base_uri)
    target = path.removeprefix(gateway.base_uri)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    content = body.encode() if isinstance(body, str) else body
    try:
        connection.request(method, f"/{target.lstrip('/')}", content, headers or {})
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.headers), answer.read().decode())
    finally:
        connection.close()


def page(gateway: Gateway, path: str, **headers: str) -> Reply:
    return ask(gateway, path, headers={**HTML, **headers})


SCENE = {"payer_client_ip": "1.1.1.1", "h5_info": {"type": "Wap"}}


def order(gateway: Gateway, wxpay: WeChatPay, kind: str = "native", **changes: Any) -> dict:
    """Create an order, and return its number and the URL of its cashier page."""
    number = f"N{canonical.nonce(12)}"
    body = {
        "appid": gateway.identity.appid,
        "mchid": gateway.identity.mchid,
        "description": "Image形象店",
        "out_trade_no": number,
        "notify_url": NOTIFY,
        "amount": {"total": 12345},
        **({"scene_info": SCENE} if kind == "h5" else {}),
        **changes,
    }
    answer = wxpay.chain(f"v3/pay/transactions/{kind}").post(json=body).json()
    return {"number": body["out_trade_no"], "address": answer.get("code_url", answer.get("h5_url"))}


def combined(gateway: Gateway, wxpay: WeChatPay) -> dict:
    """Create a combined order of three orders."""
    number = f"C{canonical.nonce(12)}"
    numbers = [f"{number}-{index}" for index in range(3)]
    body = {
        "combine_appid": gateway.identity.appid,
        "combine_mchid": gateway.identity.mchid,
        "combine_out_trade_no": number,
        "notify_url": NOTIFY,
        "sub_orders": [
            {
                "mchid": f"190000010{index}",
                "attach": "a",
                "out_trade_no": each,
                "description": f"第{index}件",
                "amount": {"total_amount": 1000 + index, "currency": "CNY"},
            }
            for index, each in enumerate(numbers)
        ],
    }
    answer = wxpay.v3.combineTransactions.native.post(json=body).json()
    return {"numbers": numbers, "address": answer["code_url"], "number": number}


Spell = Callable[[Sequence[str]], str]
"""Joins the five lines into the signed string."""


def sent_wrongly(
    gateway: Gateway,
    spell: Spell,
    target: str = "/v3/pay/transactions/native",
    body: str = '{"a":1}',
    method: str = "POST",
    **given: str,
) -> dict[str, Any]:
    """Send an APIv3 request with a custom signed string, and return it from the console.

    Args:
        given: replaces parts of the Authorization.
    """
    identity = gateway.identity
    parts = {
        "mchid": identity.mchid,
        "nonce_str": canonical.nonce(),
        "timestamp": canonical.timestamp(),
        "serial_no": identity.serial,
        **given,
    }
    lines = (method, target, parts["timestamp"], parts["nonce_str"], body)
    parts.setdefault("signature", rsa.sign(spell(lines), identity.merchant_key))
    value = ",".join(f'{name}="{text}"' for name, text in parts.items())
    headers = {
        **ASKING,
        "Authorization": f"{canonical.SCHEME} {value}",
        "Content-Type": "application/json",
    }
    ask(gateway, target, method, body.encode(), headers)
    return latest(gateway)


def latest(gateway: Gateway) -> dict[str, Any]:
    """Return the last request with its explanation."""
    number = gateway.state.log.all(1)[0]["number"]
    return ask(gateway, f"_gateway/console/requests/{number}").json()


def right(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
