"""Answers, signed the APIv3 or v2 way, and errors in the form of either."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ...crypto import digest, rsa
from ...messages import canonical, xml
from ...messages.canonical import SCHEME
from ..store.identity import Identity
from .exchange import Answer, Content, Rejection
from .request_id import request_id

__all__ = [
    "answer_v2",
    "answer_v3",
    "content",
    "json_content",
    "rejection_v2",
    "rejection_v3",
    "statement",
]

SHA1 = "Wechatpay-Statement-Sha1"
PARTIES = ("appid", "mch_id", "sub_appid", "sub_mch_id")
JSON = "application/json; charset=utf-8"


def answer_v3(result: Any, serial: str, identity: Identity) -> Answer:
    """200 with JSON, or 204 for None; signed as `serial`."""
    if result is None:
        return _signed(204, b"", serial, identity)
    return _signed(200, _json(result), serial, identity)


def rejection_v3(rejection: Rejection, serial: str, identity: Identity) -> Answer:
    """An error in APIv3's form; signed, unless it is not known whose request it was (401)."""
    if rejection.page is not None:
        return _page(rejection, rejection.page)
    body = {"code": rejection.code, "message": rejection.message}
    if rejection.detail is not None:
        body["detail"] = rejection.detail
    if rejection.status == 401:
        headers = {"Content-Type": JSON, "Request-ID": request_id(rejection.number)}
        return Answer(401, headers, _json(body))
    answer = _signed(rejection.status, _json(body), serial, identity, rejection.number)
    return Answer(answer.status, {**answer.headers, **rejection.headers}, answer.body)


def _page(rejection: Rejection, body: bytes) -> Answer:
    """What stands before the API answers by itself: no code, no signature, perhaps no body."""
    kind = {"Content-Type": "text/html"} if body else {"Request-ID": request_id(rejection.number)}
    return Answer(rejection.status, {**kind, **rejection.headers}, body)


def content(result: Content, serial: str, identity: Identity) -> Answer:
    """A file or a page, signed where it is APIv3's and meant to be.

    A statement's signature covers its SHA-1 instead of its bytes.
    """
    headers = {"Content-Type": result.media_type, **result.headers}
    if not result.signed or not serial:
        headers["Request-ID"] = request_id()
        return Answer(result.status, headers, result.body)
    covered = result.body
    if SHA1 in result.headers:
        covered = f'{{"sha1":"{result.headers[SHA1]}"}}'.encode()
    answer = _signed(result.status, covered, serial, identity)
    return Answer(result.status, {**answer.headers, **headers}, result.body)


def json_content(result: Any) -> Content:
    """JSON that nobody signs."""
    return Content(_json(result), "application/json; charset=utf-8")


def statement(body: bytes, media_type: str = "application/octet-stream") -> Content:
    """A file that is signed by its SHA-1."""
    digest_of_body = hashlib.sha1(body, usedforsecurity=False).hexdigest()
    return Content(body, media_type, {SHA1: digest_of_body})


def answer_v2(
    result: dict[str, Any], fields: dict[str, str], identity: Identity, *, signed: bool = True
) -> Answer:
    """An APIv2 success, with nonce and sign by the request's own `sign_type`."""
    answer = {
        "return_code": "SUCCESS",
        "return_msg": "OK",
        "result_code": "SUCCESS",
        **result,
    }
    return _signed_xml(answer, fields, identity) if signed else _xml(answer)


def rejection_v2(rejection: Rejection, fields: dict[str, str] | None, identity: Identity) -> Answer:
    """An APIv2 failure: unsigned `return_code` FAIL before the sign was checked, else signed."""
    if rejection.page is not None:
        return _page(rejection, rejection.page)
    if fields is None:
        status = rejection.status if rejection.status in (404, 405, 413, 500) else 200
        failure = {"return_code": "FAIL", "return_msg": rejection.message}
        answer = _xml(failure, status, rejection.number)
        return Answer(status, {**answer.headers, **rejection.headers}, answer.body)
    parties = {name: fields[name] for name in PARTIES if fields.get(name)}
    failure = {
        "return_code": "SUCCESS",
        "return_msg": "OK",
        **({"mch_id": identity.mchid} | parties),
        "result_code": "FAIL",
        "err_code": "SYSTEMERROR" if rejection.status == 500 else rejection.code,
        "err_code_des": rejection.message,
    }
    return _signed_xml(failure, fields, identity, rejection.number)


def _signed(status: int, body: bytes, serial: str, identity: Identity, number: int = 0) -> Answer:
    stamp, nonce = canonical.timestamp(), canonical.nonce()
    message = canonical.response(stamp, nonce, body)
    headers = {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": rsa.sign(message, identity.platform_keys[serial]),
        "Wechatpay-Signature-Type": SCHEME,
        "Request-ID": request_id(number),
    }
    if body:
        headers["Content-Type"] = JSON
    return Answer(status, headers, body)


def _signed_xml(
    answer: dict[str, Any], fields: dict[str, str], identity: Identity, number: int = 0
) -> Answer:
    # What XML does not carry cannot be covered by a sign either.
    answer = {k: xml.clean(v) if isinstance(v, str) else v for k, v in answer.items()}
    answer["nonce_str"] = canonical.nonce()
    kind = fields.get("sign_type") or digest.MD5
    sign = digest.sign(kind, canonical.fields(answer), identity.secret)
    return _xml({**answer, "sign": sign}, number=number)


def _xml(fields: dict[str, Any], status: int = 200, number: int = 0) -> Answer:
    headers = {"Content-Type": "text/plain", "Request-ID": request_id(number)}
    return Answer(status, headers, xml.dumps(fields).encode())


def _json(value: Any) -> bytes:
    # A rejection may quote a request that was not UTF-8; nothing else has half characters.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
