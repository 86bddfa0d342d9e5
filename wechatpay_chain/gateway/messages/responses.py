"""Creates signed responses and errors in the formats of APIv2 and APIv3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ...crypto import digest, rsa
from ...messages import canonical, xml
from ...messages.canonical import SCHEME
from ..store.identity import Identity
from .exchange import Content, Rejection, Response
from .request_id import request_id

__all__ = [
    "response_v2",
    "response_v3",
    "content",
    "covered",
    "json_content",
    "rejection_v2",
    "rejection_v3",
    "statement",
]

SHA1 = "Wechatpay-Statement-Sha1"
PARTIES = ("appid", "mch_id", "sub_appid", "sub_mch_id")
JSON = "application/json; charset=utf-8"
IN_V2 = {"NOT_ENOUGH": "NOTENOUGH"}
"""APIv2's codes for errors that both protocols have."""


def response_v3(result: Any, serial: str, identity: Identity) -> Response:
    """Return 200 with JSON, or 204 for None, signed with the key `serial`."""
    if result is None:
        return _signed(204, b"", serial, identity)
    return _signed(200, _json(result), serial, identity)


def rejection_v3(rejection: Rejection, serial: str, identity: Identity) -> Response:
    """Return an APIv3 error; it is signed unless the merchant is unknown (401)."""
    if rejection.page is not None:
        return _page(rejection, rejection.page)
    body = {"code": rejection.code, "message": rejection.message}
    if rejection.detail is not None:
        body["detail"] = rejection.detail
    if rejection.status == 401:
        headers = {"Content-Type": JSON, "Request-ID": request_id(rejection.number)}
        return Response(401, headers, _json(body))
    response = _signed(rejection.status, _json(body), serial, identity, rejection.number)
    return Response(response.status, {**response.headers, **rejection.headers}, response.body)


def _page(rejection: Rejection, body: bytes) -> Response:
    """Return a response of the server in front of the API, without code and signature."""
    kind = {"Content-Type": "text/html"} if body else {"Request-ID": request_id(rejection.number)}
    return Response(rejection.status, {**kind, **rejection.headers}, body)


def content(result: Content, serial: str, identity: Identity) -> Response:
    """Return a file or a page, signed if APIv3 signs it.

    The signature of a bill covers its SHA-1 instead of its bytes.
    """
    headers = {"Content-Type": result.media_type, **result.headers}
    if not result.signed or not serial:
        headers["Request-ID"] = request_id()
        return Response(result.status, headers, result.body, result.file)
    response = _signed(result.status, covered(result.headers, result.body), serial, identity)
    return Response(result.status, {**response.headers, **headers}, result.body)


def covered(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the signed bytes of a response.

    Args:
        headers: response headers.
        body: response body.
    """
    return f'{{"sha1":"{headers[SHA1]}"}}'.encode() if SHA1 in headers else body


def json_content(result: Any) -> Content:
    """Return unsigned JSON."""
    return Content(_json(result), "application/json; charset=utf-8")


def statement(
    body: bytes, media_type: str = "application/octet-stream", plain: bytes | None = None
) -> Content:
    """Return a file that is signed through its SHA-1.

    Args:
        body: body to send.
        media_type: media type of the body.
        plain: uncompressed content of a compressed body.
    """
    covered = body if plain is None else plain
    digest_of_it = hashlib.sha1(covered, usedforsecurity=False).hexdigest()
    return Content(body, media_type, {SHA1: digest_of_it})


def response_v2(
    result: dict[str, Any], fields: dict[str, str], identity: Identity, *, signed: bool = True
) -> Response:
    """Return an APIv2 success with nonce and sign, in the `sign_type` of the request."""
    response = {
        "return_code": "SUCCESS",
        "return_msg": "OK",
        "result_code": "SUCCESS",
        **result,
    }
    return _signed_xml(response, fields, identity) if signed else _xml(response)


def rejection_v2(
    rejection: Rejection, fields: dict[str, str] | None, identity: Identity
) -> Response:
    """Return an APIv2 failure; it is unsigned if the sign of the request was not verified."""
    if rejection.page is not None:
        return _page(rejection, rejection.page)
    if fields is None:
        status = rejection.status if rejection.status in (404, 405, 413, 500) else 200
        failure = {"return_code": "FAIL", "return_msg": rejection.message}
        response = _xml(failure, status, rejection.number)
        return Response(status, {**response.headers, **rejection.headers}, response.body)
    parties = {name: fields[name] for name in PARTIES if fields.get(name)}
    code = IN_V2.get(rejection.code, rejection.code)
    failure = {
        "return_code": "SUCCESS",
        "return_msg": "OK",
        **({"mch_id": identity.mchid} | parties),
        "result_code": "FAIL",
        "err_code": "SYSTEMERROR" if rejection.status == 500 else code,
        "err_code_des": rejection.message,
    }
    return _signed_xml(failure, fields, identity, rejection.number)


def _signed(status: int, body: bytes, serial: str, identity: Identity, number: int = 0) -> Response:
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
    return Response(status, headers, body)


def _signed_xml(
    response: dict[str, Any], fields: dict[str, str], identity: Identity, number: int = 0
) -> Response:
    # The sign cannot cover characters that XML does not allow.
    response = {k: xml.clean(v) if isinstance(v, str) else v for k, v in response.items()}
    response["nonce_str"] = canonical.nonce()
    kind = fields.get("sign_type") or digest.MD5
    sign = digest.sign(kind, canonical.fields(response), identity.secret)
    return _xml({**response, "sign": sign}, number=number)


def _xml(fields: dict[str, Any], status: int = 200, number: int = 0) -> Response:
    headers = {"Content-Type": "text/plain", "Request-ID": request_id(number)}
    return Response(status, headers, xml.dumps(fields).encode())


def _json(value: Any) -> bytes:
    # A rejection can contain a request that was not UTF-8; other texts have no surrogates.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
