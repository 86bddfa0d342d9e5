"""Encrypted fund flow bills of sub-merchants, with large ones in several files.

Each file is compressed on request, then encrypted by AES-256-GCM with its own key, and the key is
encrypted by RSA for the merchant's certificate. The digest is that of the plain file. The
concatenated files are the whole bill.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4014314390 (download and decryption),
https://pay.weixin.qq.com/docs/partner/apis/ecommerce-bill-download/get-sub-merchant-fund-flow-bill.html
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
from typing import Any

from ....crypto import aes, rsa
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from ..registry import operation
from ..tokens import random_token
from . import filled, settings
from .downloads import FUND_FLOW, Kind, address, keep_content, made_for
from .filled import LargeBill
from .fund_flow import EVERYBODY, fund_flow_bill

__all__ = ["ecommerce_bill", "sub_merchant_bill"]

ALGORITHM = "AEAD_AES_256_GCM"
ACCOUNTS = ("BASIC", "OPERATION", "FEES", "DEPOSIT")
LARGEST = 512 * 1024 * 1024
"""Maximum size of a bill that is encrypted in memory, in bytes."""


def _of_everybody(
    state: State,
    day: str,
    kind: str,
    sub_mchid: str = "",
    *,
    v2: bool = False,
) -> LargeBill | None:
    del sub_mchid
    return filled.fund_flow(state, day, kind, v2=v2)


EVERYBODYS = Kind(fund_flow_bill, _of_everybody)


@operation("GET", "v3/bill/sub-merchant-fundflowbill")
def sub_merchant_bill(call: Call) -> dict[str, Any]:
    """Return the URLs and keys of a sub-merchant's account changes on a day."""
    sub_mchid = call.query.get("sub_mchid", "")
    if not sub_mchid.isalnum() or sub_mchid == call.state.identity.mchid:
        issue = "must be a sub-merchant ID"
        raise Rejection.parameter("sub_mchid", sub_mchid, issue, "query")
    return _sealed(call, FUND_FLOW, _required(call, "account_type", ACCOUNTS), sub_mchid)


@operation("GET", "v3/ecommerce/bill/fundflowbill")
def ecommerce_bill(call: Call) -> dict[str, Any]:
    """Return the URLs and keys of all sub-merchants' account changes on a day."""
    _required(call, "account_type", ("ALL",))
    return _sealed(call, EVERYBODYS, ACCOUNTS[0], EVERYBODY)


def _required(call: Call, name: str, values: tuple[str, ...]) -> str:
    value = call.query.get(name, "")
    if value not in values:
        raise Rejection.parameter(name, value, f"must be {' or '.join(values)}", "query")
    return value


def _sealed(call: Call, bill: Kind, kind: str, sub_mchid: str) -> dict[str, Any]:
    _required(call, "algorithm", (ALGORITHM,))
    packed = _required(call, "tar_type", ("GZIP",)) if call.query.get("tar_type") else ""
    made = made_for(call, bill, kind, sub_mchid)
    if isinstance(made, LargeBill):
        if made.path.stat().st_size > LARGEST:
            raise Rejection(500, "SYSTEM_ERROR", f"加密账单不能超过 {LARGEST} 字节")
        content = made.path.read_bytes()
    else:
        content = made.encode()
    parts = _parts(content, settings.current(call.state).parts)
    return {
        "download_bill_count": len(parts),
        "download_bill_list": [
            _one(call, part, sequence, packed=bool(packed))
            for sequence, part in enumerate(parts, 1)
        ],
    }


def _parts(content: bytes, count: int) -> list[bytes]:
    """Split a bill into at most `count` parts that end with a line."""
    parts, start = [], 0
    for number in range(1, count + 1):
        end = content.rfind(b"\n", 0, len(content) * number // count) + 1
        if end > start:
            parts.append(content[start:end])
            start = end
    return parts


def _one(call: Call, content: bytes, sequence: int, *, packed: bool) -> dict[str, Any]:
    key, nonce = secrets.token_hex(16), secrets.token_hex(8)
    plain = gzip.compress(content, mtime=0) if packed else content
    token = random_token(32)
    keep_content(call.state, token, aes.gcm_seal(plain, key, nonce))
    return {
        "bill_sequence": sequence,
        "download_url": address(call, token),
        "encrypt_key": rsa.encrypt(key, call.state.identity.merchant_certificate),
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "nonce": nonce,
    }
