"""Answers, signed the APIv3 or v2 way, and errors in the form of either."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .. import canonical, xml
from ..canonical import SCHEME
from ..crypto import digest, rsa
from .exchange import Answer, Content, Refusal
from .identity import Identity

__all__ = [
    "answer_v2",
    "answer_v3",
    "content",
    "json_content",
    "refuse_v2",
    "refuse_v3",
    "statement",
]

SHA1 = "Wechatpay-Statement-Sha1"


def answer_v3(result: Any, serial: str, identity: Identity) -> Answer:
    """200 with JSON, or 204 for None; signed as `serial`."""
    if result is None:
        return _signed(204, b"", serial, identity)
    return _signed(200, _json(result), serial, identity)


def refuse_v3(refusal: Refusal, serial: str, identity: Identity) -> Answer:
    """An error in APIv3's form; signed as well."""
    body = {"code": refusal.code, "message": refusal.message}
    if refusal.detail is not None:
        body["detail"] = refusal.detail
    answer = _signed(refusal.status, _json(body), serial, identity)
    return Answer(answer.status, {**answer.headers, **refusal.headers}, answer.body)


def content(result: Content, serial: str, identity: Identity) -> Answer:
    """A file or a page, signed where it is APIv3's and meant to be.

    A statement's signature covers its SHA-1 instead of its bytes.
    """
    headers = {"Content-Type": result.media_type, **result.headers}
    if not result.signed or not serial:
        headers["Request-ID"] = canonical.nonce()
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


def refuse_v2(refusal: Refusal, fields: dict[str, str] | None, identity: Identity) -> Answer:
    """An APIv2 failure: unsigned `return_code` FAIL before the sign was checked, else signed."""
    if fields is None:
        status = refusal.status if refusal.status in (404, 405, 413, 500) else 200
        answer = _xml({"return_code": "FAIL", "return_msg": refusal.message}, status)
        return Answer(status, {**answer.headers, **refusal.headers}, answer.body)
    failure = {
        "return_code": "SUCCESS",
        "return_msg": "OK",
        "result_code": "FAIL",
        "err_code": "SYSTEMERROR" if refusal.status == 500 else refusal.code,
        "err_code_des": refusal.message,
        "mch_id": identity.mchid,
    }
    return _signed_xml(failure, fields, identity)


def _signed(status: int, body: bytes, serial: str, identity: Identity) -> Answer:
    stamp, nonce = canonical.timestamp(), canonical.nonce()
    message = canonical.response(stamp, nonce, body)
    headers = {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature": rsa.sign(message, identity.platform_keys[serial]),
        "Wechatpay-Signature-Type": SCHEME,
        "Request-ID": canonical.nonce(),
    }
    if body:
        headers["Content-Type"] = "application/json; charset=utf-8"
    return Answer(status, headers, body)


def _signed_xml(answer: dict[str, Any], fields: dict[str, str], identity: Identity) -> Answer:
    # What XML does not carry cannot be covered by a sign either.
    answer = {k: xml.clean(v) if isinstance(v, str) else v for k, v in answer.items()}
    answer["nonce_str"] = canonical.nonce()
    kind = fields.get("sign_type") or digest.MD5
    return _xml({**answer, "sign": digest.sign(kind, canonical.fields(answer), identity.secret)})


def _xml(fields: dict[str, Any], status: int = 200) -> Answer:
    headers = {"Content-Type": "text/xml; charset=utf-8", "Request-ID": canonical.nonce()}
    return Answer(status, headers, xml.dumps(fields).encode())


def _json(value: Any) -> bytes:
    # A refusal may quote a request that was not UTF-8; nothing else has half characters.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
