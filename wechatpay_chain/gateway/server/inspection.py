"""Is a request signed as it must be? Checked step by step; a rejection names the step that failed.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (APIv3),
https://pay.weixin.qq.com/doc/v2/merchant/4011985891 (APIv2)
"""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qsl

from ...crypto import digest, rsa
from ...keys.credential import CLOCK_SKEW
from ...messages import canonical, xml
from ...messages.canonical import SCHEME
from ...utils.exceptions import ConfigurationError
from ..messages.exchange import Arrival, Rejection, Step
from ..messages.nesting import check_xml
from ..store.identity import Identity
from ..store.nonces import Nonces

__all__ = ["inspect_certificate", "inspect_v2", "inspect_v3"]

PARAMETER = re.compile(r'(?<![a-z_])([a-z_]+)="([^"]*)"')
NEEDED = ("mchid", "serial_no", "nonce_str", "timestamp", "signature")
MERCHANT_FIELDS = ("mch_id", "mchid", "combine_mch_id")
NO_CERTIFICATE = b"\r\n".join(
    (
        b"<html>",
        b"<head><title>400 No required SSL certificate was sent</title></head>",
        b"<body>",
        b"<center><h1>400 Bad Request</h1></center>",
        b"<center>No required SSL certificate was sent</center>",
        b"<hr><center>nginx</center>",
        b"</body>",
        b"</html>",
        b"",
    )
)
"""What a web server answers to a TLS client that should have shown a certificate."""
HASHED = 4096
"""Characters of a string that was hashed which are kept and shown."""


def inspect_v3(arrival: Arrival, identity: Identity, nonces: Nonces) -> None:
    """Let an APIv3 request pass, or not; `arrival.steps` has each step afterwards.

    Raises:
        Rejection: 400 `INVALID_REQUEST` without `User-Agent` or `Accept`; 401 `SIGN_ERROR`, whose
            `detail` names the step, and shows the string that was hashed where the signature does
            not match.
    """
    for name in ("User-Agent", "Accept"):
        if not arrival.headers.get(name):
            arrival.steps.append(Step(name, False, "the header is missing"))
            raise Rejection(400, "INVALID_REQUEST", "Http头缺少Accept或User-Agent")
    given = _authorization(arrival)
    if given["mchid"] != identity.mchid:
        raise _rejection(
            arrival,
            "mchid",
            f"unknown merchant {given['mchid'][:80]}, this gateway's is {identity.mchid}",
        )
    _pass(arrival, "mchid", given["mchid"])
    if given["serial_no"].upper() != identity.serial:
        raise _rejection(
            arrival,
            "serial_no",
            f"no certificate {given['serial_no'][:80]}, the merchant's is {identity.serial}",
        )
    _pass(arrival, "serial_no", given["serial_no"])
    _timestamp(arrival, given["timestamp"])
    message = canonical.request(
        arrival.method, arrival.target, given["timestamp"], given["nonce_str"], arrival.body
    )
    shown = message.decode("utf-8", "replace")
    if not rsa.verify(message, given["signature"], identity.merchant_key.public_key()):
        raise _rejection(
            arrival,
            "signature",
            "the signature does not match",
            sign_information={
                "method": arrival.method,
                "url": arrival.target,
                "sign_message_length": len(message),
                "truncated_sign_message": shown[:1024],
            },
        )
    _pass(arrival, "signature", shown[:HASHED])
    # Last, so that nobody can use up a merchant's nonces without holding its key.
    if not nonces.use(given["nonce_str"], time.time()):
        raise _rejection(arrival, "nonce_str", "this nonce was used before")
    _pass(arrival, "nonce_str", given["nonce_str"])


def _authorization(arrival: Arrival) -> dict[str, str]:
    # A header may be no text at all; what is not was never signed, and may differ.
    value = arrival.headers.get("Authorization", "").encode("utf-8", "replace").decode()
    scheme, _, rest = value.partition(" ")
    if not value:
        raise _rejection(arrival, "Authorization", "the header is missing")
    if scheme != SCHEME:
        raise _rejection(arrival, "Authorization", f"the scheme must be {SCHEME}")
    given = dict(PARAMETER.findall(rest))
    for name in NEEDED:
        if not given.get(name):
            raise _rejection(arrival, name, "is missing from the header")
    _pass(arrival, "Authorization", scheme)
    return given


def _timestamp(arrival: Arrival, stamp: str) -> None:
    now = int(time.time())
    # At most 19 digits: Python refuses to make a number of very many.
    decimal = stamp.isascii() and stamp.isdecimal() and len(stamp) < 20
    if not (decimal and abs(now - int(stamp)) <= CLOCK_SKEW):
        raise _rejection(
            arrival,
            "timestamp",
            f"{stamp[:40]} is more than {CLOCK_SKEW} s off the gateway's clock, which says {now}",
        )
    _pass(arrival, "timestamp", f"{int(stamp) - now:+} s")


def _pass(arrival: Arrival, name: str, note: str) -> None:
    arrival.steps.append(Step(name, True, note))


def _rejection(arrival: Arrival, field: str, issue: str, **more: Any) -> Rejection:
    hashed = more.get("sign_information", {}).get("truncated_sign_message", "")
    arrival.steps.append(Step(field, False, f"{issue}\n{hashed}" if hashed else issue))
    detail = {"field": field, "location": "authorization", "issue": issue, **more}
    return Rejection(401, "SIGN_ERROR", f"{field}: {issue}", detail)


def inspect_certificate(arrival: Arrival) -> None:
    """Let a request pass that came with the merchant's TLS certificate.

    Raises:
        Rejection: it did not; the answer is that of the web server before the API.
    """
    if not arrival.client_certificate:
        issue = "no client certificate: the operation needs security=True and TLS"
        arrival.steps.append(Step("certificate", False, issue))
        raise Rejection(400, "CERT_ERROR", issue, page=NO_CERTIFICATE)
    _pass(arrival, "certificate", "the merchant's")


def inspect_v2(arrival: Arrival, identity: Identity, *, nonceless: bool = False) -> dict[str, str]:
    """The fields of an APIv2 request whose `sign` is right; `arrival.steps` has each step.

    Args:
        arrival: the request.
        identity: whose keys it is checked with.
        nonceless: whether the operation takes no `nonce_str`.

    Raises:
        Rejection: in APIv2's words.
    """
    fields = _fields(arrival)
    mchid = next((fields[name] for name in MERCHANT_FIELDS if fields.get(name)), "")
    if mchid != identity.mchid:
        issue = f"商户号{str(mchid)[:80]}该商户号不存在: {identity.mchid}"
        raise _rejection_v2(arrival, "mch_id", "MCHID_NOT_EXIST", issue)
    _pass(arrival, "mch_id", mchid)
    sign, kind = fields.get("sign"), fields.get("sign_type") or digest.MD5
    try:
        hashed = canonical.fields(fields)
        expected = digest.sign(kind, hashed, identity.secret)
    except ConfigurationError as error:
        raise _rejection_v2(arrival, "sign", "SIGNERROR", f"签名错误: {error}") from None
    shown = f"{hashed[:HASHED]}&key=***"
    if not (isinstance(sign, str) and digest.equals(expected, sign)):
        raise _rejection_v2(arrival, "sign", "SIGNERROR", f"签名错误: {shown}")
    _pass(arrival, "sign", f"{kind}\n{shown}")
    if nonceless and "nonce_str" in fields:
        message = "参数错误: 该接口没有 nonce_str 参数"
        raise _rejection_v2(arrival, "nonce_str", "PARAM_ERROR", message)
    return fields


def _fields(arrival: Arrival) -> dict[str, Any]:
    if arrival.form:
        return dict(arrival.form)
    try:
        if arrival.method == "GET":
            query = arrival.target.partition("?")[2]
            return dict(parse_qsl(query, keep_blank_values=True))
        check_xml(arrival.body.decode("utf-8", "replace"))
        return xml.loads(arrival.body)
    except ValueError as error:
        raise _rejection_v2(arrival, "XML", "XML_FORMAT_ERROR", f"XML格式错误: {error}") from None


def _rejection_v2(arrival: Arrival, step: str, code: str, message: str) -> Rejection:
    arrival.steps.append(Step(step, False, message))
    return Rejection(200, code, message)
