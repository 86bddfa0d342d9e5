"""Is a request signed as it must be? Checked step by step; a refusal names the step that failed.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (APIv3),
https://pay.weixin.qq.com/doc/v2/merchant/4011985891 (APIv2)
"""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qsl

from .. import canonical, xml
from ..canonical import SCHEME
from ..credential import CLOCK_SKEW
from ..crypto import digest, rsa
from ..errors import ConfigurationError
from .exchange import Arrival, Refusal
from .identity import Identity

__all__ = ["Nonces", "inspect_v2", "inspect_v3"]

PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')
NEEDED = ("mchid", "serial_no", "nonce_str", "timestamp", "signature")
MERCHANT_FIELDS = ("mch_id", "mchid", "combine_mch_id")


class Nonces:
    """Nonces of the last minutes: each may be used once."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def use(self, nonce: str, now: float) -> bool:
        """Whether this nonce is new; from now on it is not."""
        while self._seen and next(iter(self._seen.values())) < now - 2 * CLOCK_SKEW:
            del self._seen[next(iter(self._seen))]
        if nonce in self._seen:
            return False
        self._seen[nonce] = now
        return True


def inspect_v3(arrival: Arrival, identity: Identity, nonces: Nonces) -> None:
    """Let an APIv3 request pass, or not.

    Raises:
        Refusal: 401 `SIGN_ERROR`; its `detail` names the step, and shows the string that was
            hashed where the signature does not match.
    """
    given = _authorization(arrival)
    if given["mchid"] != identity.mchid:
        raise _refuse(
            "mchid", f"unknown merchant {given['mchid']}, this gateway's is {identity.mchid}"
        )
    if given["serial_no"].upper() != identity.serial:
        raise _refuse(
            "serial_no", f"no certificate {given['serial_no']}, the merchant's is {identity.serial}"
        )
    _timestamp(given["timestamp"])
    message = canonical.request(
        arrival.method, arrival.target, given["timestamp"], given["nonce_str"], arrival.body
    )
    if not rsa.verify(message, given["signature"], identity.merchant_key.public_key()):
        raise _refuse(
            "signature",
            "the signature does not match",
            sign_information={
                "method": arrival.method,
                "url": arrival.target,
                "sign_message_length": len(message),
                "truncated_sign_message": message[:1024].decode("utf-8", "replace"),
            },
        )
    # Last, so that nobody can use up a merchant's nonces without holding its key.
    if not nonces.use(given["nonce_str"], time.time()):
        raise _refuse("nonce_str", "this nonce was used before")


def _authorization(arrival: Arrival) -> dict[str, str]:
    value = arrival.headers.get("Authorization", "")
    scheme, _, rest = value.partition(" ")
    if not value:
        raise _refuse("Authorization", "the header is missing")
    if scheme != SCHEME:
        raise _refuse("Authorization", f"the scheme must be {SCHEME}")
    given = dict(PARAMETER.findall(rest))
    for name in NEEDED:
        if not given.get(name):
            raise _refuse(name, "is missing from the header")
    return given


def _timestamp(stamp: str) -> None:
    now = int(time.time())
    if not (stamp.isascii() and stamp.isdecimal() and abs(now - int(stamp)) <= CLOCK_SKEW):
        raise _refuse(
            "timestamp",
            f"{stamp[:40]} is more than {CLOCK_SKEW} s off the gateway's clock, which says {now}",
        )


def _refuse(field: str, issue: str, **more: Any) -> Refusal:
    detail = {"field": field, "location": "authorization", "issue": issue, **more}
    return Refusal(401, "SIGN_ERROR", f"{field}: {issue}", detail)


def inspect_v2(arrival: Arrival, identity: Identity) -> dict[str, str]:
    """The fields of an APIv2 request whose `sign` is right.

    Raises:
        Refusal: in APIv2's words.
    """
    try:
        if arrival.method == "GET":
            query = arrival.target.partition("?")[2]
            fields: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
        else:
            fields = xml.loads(arrival.body)
    except ValueError as error:
        raise Refusal(200, "XML_FORMAT_ERROR", f"XML格式错误: {error}") from None
    mchid = next((fields[name] for name in MERCHANT_FIELDS if fields.get(name)), "")
    if mchid != identity.mchid:
        raise Refusal(200, "MCHID_NOT_EXIST", f"商户号{mchid}该商户号不存在: {identity.mchid}")
    sign, kind = str(fields.get("sign", "")), fields.get("sign_type") or digest.MD5
    try:
        expected = digest.sign(kind, canonical.fields(fields), identity.secret)
    except ConfigurationError as error:
        raise Refusal(200, "SIGNERROR", f"签名错误: {error}") from None
    if not digest.equals(expected, sign):
        raise Refusal(200, "SIGNERROR", f"签名错误: {canonical.fields(fields)}&key=***")
    return fields
