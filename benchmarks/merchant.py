"""Who calls, with which keys, and what it orders: the same for every contender."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

MCHID = "1900000109"
APPID = "wxd678efh567hg6787"
SERIAL = "3775B6A45ACD588826D15E583A95F5DD8E4BF2A1"
PLATFORM_ID = "PUB_KEY_ID_0114232134912410000000000000001"
APIV3_KEY = "0123456789abcdef0123456789abcdef"

NATIVE = "v3/pay/transactions/native"
CODE_URL = "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"

ORDER: dict[str, Any] = {
    "appid": APPID,
    "mchid": MCHID,
    "description": "QQ 公仔",
    "out_trade_no": "1217752501201407033233368018",
    "time_expire": "2030-06-08T10:34:56+08:00",
    "attach": "自定义数据",
    "notify_url": "https://www.example.com/wxpay/notify",
    "goods_tag": "WXG",
    "amount": {"total": 100, "currency": "CNY"},
    "scene_info": {
        "payer_client_ip": "14.23.150.211",
        "device_id": "013467007045764",
        "store_info": {"id": "0001", "name": "腾讯大厦分店", "area_code": "440305"},
    },
    "settle_info": {"profit_sharing": False},
}


@dataclass(frozen=True)
class Keys:
    """The merchant's key pair and the platform's, as PEM."""

    merchant_private: str
    merchant_public: str
    platform_private: str
    platform_public: str

    @classmethod
    def generate(cls) -> Self:
        """Two new pairs of 2048 bits, which is what WeChat Pay uses."""
        return cls(*_pair(), *_pair())

    @classmethod
    def loads(cls, text: str) -> Self:
        """What `dumps` wrote."""
        return cls(**json.loads(text))

    def dumps(self) -> str:
        """One line, to hand to another process over a pipe."""
        return json.dumps(asdict(self))


def _pair() -> tuple[str, str]:
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
