"""Responses to requests with a fault: replacements, and modified responses."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import NamedTuple

from ....crypto import rsa
from ....messages import canonical
from ...messages.exchange import Rejection, Response
from ...messages.responses import covered, rejection_v2, rejection_v3
from ...store.identity import Identity
from .fault import Fault
from .options import content_of

__all__ = ["PROBE", "SKEW", "Answering", "apply_fault", "fault_response", "skewed_headers"]

PROBE = "WECHATPAY/SIGNTEST/"
"""The prefix of the signature of a probe, which WeChat Pay sends occasionally to check that a
client rejects it."""
TOO_MANY = (429, "FREQUENCY_LIMITED", "频率超限")
REJECTIONS = {
    "frequency_limit": TOO_MANY,
    "rate_limit": TOO_MANY,
    "statement_creating": (400, "STATEMENT_CREATING", "账单生成中"),
    "no_statement": (400, "NO_STATEMENT_EXIST", "请求的账单文件不存在"),
    "system_error": (500, "SYSTEM_ERROR", "系统异常，请稍后重试"),
}
"""The faults with a response of WeChat Pay itself: status, code and message."""
SKEW = 400
"""Default offset of a wrong clock, in seconds."""
MAINTENANCE = """<html>
<head><title>{status} {reason}</title></head>
<body>
<center><h1>{status} {reason}</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""
"""The response of a web server if its service is unavailable."""
REASONS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}


class Answering(NamedTuple):
    """The parameters of the response to a request.

    Attributes:
        protocol: `v2` or `v3`.
        identity: identity that signs.
        serial: `Wechatpay-Serial` of the request, or empty.
    """

    protocol: str
    identity: Identity
    serial: str = ""


def fault_response(fault: Fault, answering: Answering) -> Response:
    """Return the response that a fault sends instead of the real one.

    WeChat Pay signs its own rejections. A bare status or a maintenance page comes from a server in
    front of it, and is not signed.

    Args:
        fault: a fault with its own response.
        answering: the parameters of the response.
    """
    if fault.fault in REJECTIONS:
        rejection, identity = Rejection(*REJECTIONS[fault.fault]), answering.identity
        if answering.protocol == "v2":
            return rejection_v2(rejection, {}, identity)
        return rejection_v3(rejection, identity.response_key_name(answering.serial), identity)
    if fault.fault == "maintenance":
        status = fault.options.get("status", 502)
        page = MAINTENANCE.format(status=status, reason=REASONS.get(status, "Error"))
        return Response(status, {"Content-Type": "text/html"}, page.encode())
    body = fault.options.get("body", {"code": "SYSTEM_ERROR", "message": "系统错误"})
    kind = "text/plain" if isinstance(body, str) else "application/json"
    headers = {"Content-Type": f"{kind}; charset=utf-8"}
    return Response(fault.options.get("status", 500), headers, content_of(body))


def _bad_signature(response: Response) -> Response:
    headers = dict(response.headers)
    if "Wechatpay-Signature" in headers:
        headers["Wechatpay-Signature"] = headers["Wechatpay-Signature"][::-1]
        return replace(response, headers=headers)
    return replace(response, body=response.body.replace(b"<sign>", b"<sign>0"))


def _missing_headers(response: Response) -> Response:
    """Return the response without a signature, including `sign` in APIv2."""
    kept = {k: v for k, v in response.headers.items() if not k.startswith("Wechatpay-")}
    before, opening, rest = response.body.partition(b"<sign>")
    if opening and "Wechatpay-Signature" not in response.headers:
        return replace(response, headers=kept, body=before + rest.partition(b"</sign>")[2])
    return replace(response, headers=kept)


def _replaced(name: str, value: Callable[[str], str]) -> Callable[[Response], Response]:
    def change(response: Response) -> Response:
        if name not in response.headers:
            return response
        headers = {**response.headers, name: value(response.headers[name])}
        return replace(response, headers=headers)

    return change


def _wrong_body(response: Response) -> Response:
    """Return the response with a body that its signature does not match."""
    if response.file is not None:
        return replace(response, file=replace(response.file, tail=b" "))
    status = 200 if response.status == 204 else response.status  # 204 has no body to change
    before, closing, _ = response.body.rpartition(b"</xml>")
    if closing:
        return Response(status, response.headers, before + b"<extra>1</extra></xml>")
    return Response(status, response.headers, response.body + b" ")


CHANGES: dict[str, Callable[[Response], Response]] = {
    "bad_signature": _bad_signature,
    "missing_headers": _missing_headers,
    "expired": _replaced("Wechatpay-Timestamp", lambda stamp: str(int(stamp) - 301)),
    "unknown_serial": _replaced("Wechatpay-Serial", lambda _: "5A" * 20),
    "wrong_body": _wrong_body,
    "probe": _replaced("Wechatpay-Signature", lambda signature: f"{PROBE}{signature}"),
}


def skewed_headers(
    headers: Mapping[str, str], body: bytes, seconds: float, identity: Identity
) -> dict[str, str]:
    """Return headers signed with a wrong clock.

    Args:
        headers: headers, with or without a signature.
        body: signed body.
        seconds: offset of the clock; a negative value means that the clock is slow.
        identity: signs.
    """
    moment = time.time() + seconds
    stamp, dated = str(int(moment)), {**headers, "Date": formatdate(moment, usegmt=True)}
    if "Wechatpay-Signature" not in headers:
        return dated
    serial, nonce = headers["Wechatpay-Serial"], headers["Wechatpay-Nonce"]
    message = canonical.response(stamp, nonce, covered(headers, body))
    return {
        **dated,
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Signature": rsa.sign(message, identity.platform_keys[serial]),
    }


def apply_fault(response: Response, fault: Fault, answering: Answering) -> Response:
    """Apply a fault to a response; the server applies faults of connections."""
    if fault.fault == "system_error":
        return fault_response(fault, answering)
    if fault.fault == "clock_skew":
        seconds = fault.options.get("seconds", SKEW)
        headers = skewed_headers(response.headers, response.body, seconds, answering.identity)
        return replace(response, headers=headers)
    change = CHANGES.get(fault.fault)
    return response if change is None else change(response)
