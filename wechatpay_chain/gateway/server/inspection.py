"""Verifies the signature of a request in steps; a rejection names the failed step.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (APIv3),
https://pay.weixin.qq.com/doc/v2/merchant/4011985891 (APIv2)
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from ...crypto import digest, rsa
from ...keys.credential import CLOCK_SKEW
from ...messages import canonical, xml
from ...messages.canonical import SCHEME
from ...utils.exceptions import ConfigurationError
from ..messages.exchange import IncomingRequest, Rejection, Step
from ..messages.nesting import check_xml
from ..state import State

__all__ = [
    "inspect_certificate",
    "inspect_nonce",
    "inspect_owner",
    "inspect_v2",
    "inspect_v3",
    "named_mchid",
    "named_merchant",
]

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
"""The response of a web server to a TLS client without the required certificate."""
HASHED = 4096
"""Maximum number of characters of the hashed string that are stored and shown."""
SHOWN = 5
"""Maximum number of merchants in a rejection."""


def inspect_v3(request: IncomingRequest, merchants: Mapping[str, State]) -> State:
    """Verify an APIv3 request, and record each step in `request.steps`.

    Args:
        request: request to verify.
        merchants: merchants by number.

    Returns:
        The merchant that signed it.

    Raises:
        Rejection: 400 `INVALID_REQUEST` without `User-Agent` or `Accept`; 401 `SIGN_ERROR`, whose
            `detail` names the step. If the signature does not match, it also contains the hashed
            string.
    """
    for name in ("User-Agent", "Accept"):
        if not request.headers.get(name):
            request.steps.append(Step(name, False, "the header is missing"))
            raise Rejection(400, "INVALID_REQUEST", "Http头缺少Accept或User-Agent")
    given = _authorization(request)
    state = merchants.get(given["mchid"])
    if state is None:
        raise _rejection(
            request, "mchid", f"unknown merchant {given['mchid'][:80]}, {_known(merchants)}"
        )
    identity = state.identity
    _pass(request, "mchid", given["mchid"])
    if given["serial_no"].upper() != identity.serial:
        raise _rejection(
            request,
            "serial_no",
            f"no certificate {given['serial_no'][:80]}, the merchant's is {identity.serial}",
        )
    _pass(request, "serial_no", given["serial_no"])
    _timestamp(request, given["timestamp"])
    message = canonical.request(
        request.method, request.target, given["timestamp"], given["nonce_str"], request.body
    )
    shown = message.decode("utf-8", "replace")
    if not rsa.verify(message, given["signature"], identity.merchant_key.public_key()):
        raise _rejection(
            request,
            "signature",
            "the signature does not match",
            sign_information={
                "method": request.method,
                "url": request.target,
                "sign_message_length": len(message),
                "truncated_sign_message": shown[:1024],
            },
        )
    _pass(request, "signature", shown[:HASHED])
    # Checked last, so that only the holder of the merchant's key can use up its nonces.
    if not state.nonces.use(given["nonce_str"], time.time()):
        raise _rejection(request, "nonce_str", "this nonce was used before")
    _pass(request, "nonce_str", given["nonce_str"])
    return state


def named_merchant(request: IncomingRequest, merchants: Mapping[str, State]) -> State | None:
    """Return the unverified merchant of a request, or None if it is unknown.

    Its keys sign the responses of faults.
    """
    return merchants.get(named_mchid(request))


def named_mchid(request: IncomingRequest) -> str:
    """Return the merchant ID in a request, or an empty string."""
    given = dict(PARAMETER.findall(request.headers.get("Authorization", "")))
    fields: Mapping[str, Any] = {"mchid": given.get("mchid", "")}
    if not fields["mchid"] and (request.body or request.form or "?" in request.target):
        with contextlib.suppress(Rejection):
            fields = _fields(replace(request, steps=[]))
    return _merchant_in(fields)


def _merchant_in(fields: Mapping[str, Any]) -> str:
    """Return the merchant ID in APIv2 fields, or an empty string."""
    found = next((fields[name] for name in MERCHANT_FIELDS if fields.get(name)), "")
    return found if isinstance(found, str) else ""


def _known(merchants: Mapping[str, State]) -> str:
    """Return the existing merchants, for a rejection."""
    first, *others = merchants
    if not others:
        return f"this gateway's is {first}"
    more = f" and {len(merchants) - SHOWN} more" if len(merchants) > SHOWN else ""
    return f"this gateway's are {', '.join(list(merchants)[:SHOWN])}{more}"


def _authorization(request: IncomingRequest) -> dict[str, str]:
    # A header with invalid UTF-8 was never signed, so replacing its bytes is safe.
    value = request.headers.get("Authorization", "").encode("utf-8", "replace").decode()
    scheme, _, rest = value.partition(" ")
    if not value:
        raise _rejection(request, "Authorization", "the header is missing")
    if scheme != SCHEME:
        raise _rejection(request, "Authorization", f"the scheme must be {SCHEME}")
    given = dict(PARAMETER.findall(rest))
    for name in NEEDED:
        if not given.get(name):
            raise _rejection(request, name, "is missing from the header")
    _pass(request, "Authorization", scheme)
    return given


def _timestamp(request: IncomingRequest, stamp: str) -> None:
    now = int(time.time() + request.clock_skew)
    # At most 19 digits, because Python does not convert very long numbers.
    decimal = stamp.isascii() and stamp.isdecimal() and len(stamp) < 20
    if not (decimal and abs(now - int(stamp)) <= CLOCK_SKEW):
        raise _rejection(
            request,
            "timestamp",
            f"{stamp[:40]} is more than {CLOCK_SKEW} s off the gateway's clock, which is at {now}",
        )
    _pass(request, "timestamp", f"{int(stamp) - now:+} s")


def _pass(request: IncomingRequest, name: str, note: str) -> None:
    request.steps.append(Step(name, True, note))


def _rejection(request: IncomingRequest, field: str, issue: str, **more: Any) -> Rejection:
    hashed = more.get("sign_information", {}).get("truncated_sign_message", "")
    request.steps.append(Step(field, False, f"{issue}\n{hashed}" if hashed else issue))
    detail = {"field": field, "location": "authorization", "issue": issue, **more}
    return Rejection(401, "SIGN_ERROR", f"{field}: {issue}", detail)


def inspect_certificate(request: IncomingRequest) -> None:
    """Check that the client presented a merchant certificate.

    Raises:
        Rejection: it presented none; the response is that of the web server in front of the API.
    """
    if not request.client_certificate:
        issue = "no client certificate: the operation needs security=True and TLS"
        request.steps.append(Step("certificate", False, issue))
        raise Rejection(400, "CERT_ERROR", issue, page=NO_CERTIFICATE)
    _pass(request, "certificate", "one of this gateway's")


def inspect_owner(request: IncomingRequest, state: State) -> None:
    """Check that the TLS certificate belongs to the merchant that signed the request.

    Raises:
        Rejection: `CERT_ERROR` if it belongs to another merchant.
    """
    shown, own = request.certificate_serial, state.identity.serial
    if shown and shown.lstrip("0") != own.lstrip("0"):
        message = f"证书校验错误: {shown} 不是商户 {state.mchid} 的证书"
        raise _rejection_v2(request, "certificate", "CERT_ERROR", message)


def inspect_nonce(request: IncomingRequest, fields: Mapping[str, str]) -> None:
    """Check that an APIv2 request has a `nonce_str`.

    Args:
        request: request to check.
        fields: fields of the request.

    Raises:
        Rejection: `PARAM_ERROR` if it is missing or empty.
    """
    if not fields.get("nonce_str"):
        request.steps.append(Step("nonce_str", False, "is required and empty"))
        raise Rejection.parameter("nonce_str", fields.get("nonce_str"), "is required and empty")
    _pass(request, "nonce_str", fields["nonce_str"])


def inspect_v2(
    request: IncomingRequest, merchants: Mapping[str, State], *, nonceless: bool = False
) -> tuple[State, dict[str, str]]:
    """Verify an APIv2 request, and return its merchant and its fields.

    Args:
        request: request to verify.
        merchants: merchants by number.
        nonceless: True if the operation has no `nonce_str`.

    Raises:
        Rejection: in the format of APIv2.
    """
    fields = _fields(request)
    mchid = _merchant_in(fields)
    state = merchants.get(mchid)
    if state is None:
        issue = f"商户号{str(mchid)[:80]}该商户号不存在: {_known(merchants)}"
        raise _rejection_v2(request, "mch_id", "MCHID_NOT_EXIST", issue)
    _pass(request, "mch_id", mchid)
    sign, kind = fields.get("sign"), fields.get("sign_type") or digest.MD5
    try:
        hashed = canonical.fields(fields)
        expected = digest.sign(kind, hashed, state.identity.secret)
    except ConfigurationError as error:
        raise _rejection_v2(request, "sign", "SIGNERROR", f"签名错误: {error}") from None
    shown = f"{hashed[:HASHED]}&key=***"
    if not (isinstance(sign, str) and digest.equals(expected, sign)):
        raise _rejection_v2(request, "sign", "SIGNERROR", f"签名错误: {shown}")
    _pass(request, "sign", f"{kind}\n{shown}")
    if nonceless and "nonce_str" in fields:
        message = "参数错误: 该接口没有 nonce_str 参数"
        raise _rejection_v2(request, "nonce_str", "PARAM_ERROR", message)
    return state, fields


def _fields(request: IncomingRequest) -> dict[str, Any]:
    if request.form:
        return dict(request.form)
    try:
        if request.method == "GET":
            query = request.target.partition("?")[2]
            return dict(parse_qsl(query, keep_blank_values=True))
        check_xml(request.body.decode("utf-8", "replace"))
        return xml.loads(request.body)
    except ValueError as error:
        raise _rejection_v2(request, "XML", "XML_FORMAT_ERROR", f"XML格式错误: {error}") from None


def _rejection_v2(request: IncomingRequest, step: str, code: str, message: str) -> Rejection:
    request.steps.append(Step(step, False, message))
    return Rejection(200, code, message)
