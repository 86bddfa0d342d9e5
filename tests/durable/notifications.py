"""Notifications as WeChat Pay delivers them, signed and encrypted."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.support import APIV3_KEY, SECRET, Keys
from wechatpay_chain.crypto import aes, digest
from wechatpay_chain.messages import canonical, xml

CHINA = timezone(timedelta(hours=8))
NONCE = "fdasflkja484"
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


def paid(order: str, *, number: str = "", at: int = 0, total: int = 100) -> dict[str, Any]:
    """What a payment's notification carries."""
    return {
        "out_trade_no": order,
        "transaction_id": number or f"4200{order}",
        "trade_state": "SUCCESS",
        "success_time": moment(at),
        "amount": {"total": total},
        "payer": {"openid": OPENID},
    }


def moment(at: int) -> str:
    return (datetime(2026, 11, 26, 10, tzinfo=CHINA) + timedelta(seconds=at)).isoformat()


def delivery(
    keys: Keys,
    resource: dict[str, Any],
    *,
    event: str = "TRANSACTION.SUCCESS",
    number: str = "",
    at: int = 0,
    key: str = APIV3_KEY,
) -> tuple[dict[str, str], bytes]:
    """Headers and body of an APIv3 notification."""
    body = json.dumps(
        {
            "id": number or f"EV-{resource.get('out_trade_no', 'x')}-{event}",
            "create_time": moment(at),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": "支付成功",
            "resource": {
                "algorithm": "AEAD_AES_256_GCM",
                "original_type": "transaction",
                "ciphertext": aes.gcm_encrypt(json.dumps(resource), key, NONCE, "transaction"),
                "associated_data": "transaction",
                "nonce": NONCE,
            },
        },
        ensure_ascii=False,
    ).encode()
    return keys.signed_headers(body), body


def delivery_v2(order: str, **fields: str) -> bytes:
    """The body of an APIv2 payment notification."""
    told = {
        "appid": "wx8888888888888888",
        "mch_id": "1900000109",
        "nonce_str": "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
        "openid": OPENID,
        "out_trade_no": order,
        "result_code": "SUCCESS",
        "return_code": "SUCCESS",
        "time_end": "20261126101500",
        "total_fee": "100",
        "transaction_id": f"1004{order}",
        **fields,
    }
    return xml.dumps({**told, "sign": digest.sign("MD5", canonical.fields(told), SECRET)}).encode()
