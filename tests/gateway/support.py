"""Orders of a shop, paid and unpaid, and the gateway's control API."""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from typing import Any

from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages import canonical

SUB = {"sub_mchid": "1900000109"}
ASKING = {"User-Agent": "shop/1.0", "Accept": "application/json"}
"""The header fields that WeChat Pay requires of every client."""
NOBODY = "http://127.0.0.1:1/notify"
"""A URL without a listening server."""


def new_number(kind: str = "N") -> str:
    return f"{kind}{canonical.nonce(20)}"


def new_code(ending: str = "9999") -> str:
    """Return an unused payment code with an ending that determines the outcome."""
    return f"13{secrets.randbelow(10**12):012}{ending}"


def order(gateway: Gateway, **changes: Any) -> dict[str, Any]:
    return {
        "appid": gateway.identity.appid,
        "mchid": gateway.identity.mchid,
        "description": "Image形象店",
        "out_trade_no": new_number(),
        "notify_url": NOBODY,
        "amount": {"total": 100, "currency": "CNY"},
        **changes,
    }


def paid(gateway: Gateway, wxpay: Any, total: int = 100, **changes: Any) -> dict[str, Any]:
    """Create a paid order of a direct merchant."""
    made = order(gateway, amount={"total": total, "currency": "CNY"}, **changes)
    wxpay.v3.pay.transactions.native.post(json=made)
    return gateway.pay(made["out_trade_no"])


def paid_to_partner(gateway: Gateway, wxpay: Any, total: int = 100, **changes: Any) -> Any:
    """Create a paid order of a sub-merchant."""
    made = {
        "sp_appid": gateway.identity.appid,
        "sp_mchid": gateway.identity.mchid,
        **SUB,
        "description": "Image形象店",
        "out_trade_no": new_number("P"),
        "notify_url": NOBODY,
        "amount": {"total": total, "currency": "CNY"},
        **changes,
    }
    wxpay.v3.pay.partner.transactions.native.post(json=made)
    return gateway.pay(made["out_trade_no"])


def paid_by_v2(gateway: Gateway, wxpay: Any, total: int = 100, **changes: Any) -> dict[str, Any]:
    """Create a paid order of APIv2."""
    made = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "a < b & c",
        "out_trade_no": new_number("U"),
        "total_fee": total,
        "notify_url": NOBODY,
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
        **changes,
    }
    wxpay.v2.pay.unifiedorder.post(xml=made)
    return gateway.pay(made["out_trade_no"])


def control(gateway: Gateway, path: str, method: str = "POST", **body: Any) -> Any:
    """Return the response of the control API, or the status and message of a rejection."""
    data = json.dumps(body).encode() if method in ("POST", "PATCH") else None
    request = urllib.request.Request(f"{gateway.base_uri}_gateway/{path}", data=data, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
