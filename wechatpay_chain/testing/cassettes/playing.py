"""Builds a response of a cassette for a client: encoded, encrypted and signed again.

A body with replaced values no longer matches WeChat Pay's signature. A played response is therefore
signed with a key of this process, by the recorded algorithm, and the client verifies it, decrypts
it and compares its digests as in production.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from ...crypto import aes, digest, rsa
from ...crypto.certificate import certificate_serial, pem
from ...messages import canonical, xml
from ...messages.headers import Headers
from ...messages.request import Request
from ...messages.response import Response
from ...messages.statement import SHA1_FIELD
from ...middleware.retry import LONGEST_WAIT
from .. import own_keys
from .hiding.placeholders import ENCRYPT_KEY
from .hiding.values import mark
from .kit import Kit, certificate, public_key
from .responses import FILES, INVALID, NAMES

__all__ = ["certificates", "digest_of", "played"]

LARGEST = 1024 * 1024
"""Maximum bytes of a played file if its content is not in the cassette."""
PAGE = "<html><head><title>{}</title></head><body></body></html>"


def played(
    told: Mapping[str, Any],
    request: Request,
    kit: Kit,
    digest_named: Callable[[str], str],
    swaps: Mapping[str, str],
) -> Response:
    """Build a response of a cassette.

    Args:
        told: the recorded response.
        request: the request that it answers.
        kit: the keys that sign and encrypt it.
        digest_named: returns the digest of a file by name.
        swaps: numbers in the cassette, and the client's numbers instead.
    """
    filling = _Filling(kit, digest_named, swaps)
    content = _content(told, filling)
    headers = dict(told.get("headers", {}))
    if 0 < int(headers.get("Retry-After", 0)) <= LONGEST_WAIT:
        headers["Retry-After"] = "0"  # a longer one ends the call, as recorded
    signature = told.get("signature", "none")
    if signature in (canonical.SCHEME, INVALID) and "xml" not in told:
        covered, more = content, {}
        if told.get("statement"):
            sha1 = hashlib.sha1(_plain(told, filling), usedforsecurity=False).hexdigest()
            covered, more = f'{{"sha1":"{sha1}"}}'.encode(), {SHA1_FIELD: sha1}
        headers |= more | _signed(covered, valid=signature != INVALID)
    response = Response(
        told["status"], Headers(headers), content, request=request, http_version="1.1"
    )
    if request.sink is not None and request.sink.takes(response.status_code):
        _stream(request, response)
    return response


def certificates() -> dict[str, Any]:
    """Return a response for platform certificates that were not recorded."""
    return {
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "signature": canonical.SCHEME,
        "json": {"data": [{"$certificate": 1}]},
    }


def digest_of(told: Mapping[str, Any], kind: str) -> str:
    """Return the digest of a file in a cassette.

    Args:
        told: the response that contains it.
        kind: the algorithm, such as `sha1`.
    """
    filling = _Filling(None, lambda name: "", {})
    return hashlib.new(kind, _plain(told, filling), usedforsecurity=False).hexdigest()


class _Filling:
    """Fills in the values that cannot be stored in a file."""

    def __init__(
        self, kit: Kit | None, digest_named: Callable[[str], str], swaps: Mapping[str, str]
    ) -> None:
        self.kit = kit
        self._digest_named = digest_named
        self._swaps = swaps
        self._certificates = 0

    def text(self, text: str) -> str:
        """Return a text with the client's own numbers."""
        for recorded, own in self._swaps.items():
            text = text.replace(recorded, own)
        return text

    def value(self, value: Any) -> Any:
        """Return a value with its marks replaced."""
        marked = mark(value)
        if marked is not None:
            return self._made(*marked)
        if isinstance(value, dict):
            return {name: self.value(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def _made(self, name: str, inner: Any) -> Any:
        if name == "$digest":
            return self._digest_named(inner)
        if name == "$public_key":
            return public_key()
        if self.kit is None:
            return ""
        if name == "$encrypted":
            return self.kit.encrypt(inner)
        found, self._certificates = certificate(self._certificates), self._certificates + 1
        nonce, data = canonical.nonce(12), "certificate"
        return {
            "serial_no": certificate_serial(found),
            "effective_time": found.not_valid_before_utc.isoformat(timespec="seconds"),
            "expire_time": found.not_valid_after_utc.isoformat(timespec="seconds"),
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM",
                "nonce": nonce,
                "associated_data": data,
                "ciphertext": aes.gcm_encrypt(pem(found), self.kit.apiv3_key, nonce, data),
            },
        }


def _content(told: Mapping[str, Any], filling: _Filling) -> bytes:
    if "json" in told:
        text = json.dumps(filling.value(told["json"]), ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")
    if "xml" in told:
        return _xml(told, filling).encode()
    if "page" in told:
        return PAGE.format(told["page"].get("title", "")).encode()
    plain = _plain(told, filling)
    packed = gzip.compress(plain, mtime=0) if told.get("gzip") else plain
    if "sealed" in told:
        return aes.gcm_seal(packed, ENCRYPT_KEY, told["sealed"])
    return packed


def _plain(told: Mapping[str, Any], filling: _Filling) -> bytes:
    """Return the file of a response before compression and encryption."""
    if "bill" in told:
        return filling.text(told["bill"]).encode()
    if "file" not in told:
        return b""
    begin = dict(zip(NAMES, FILES, strict=True)).get(told["file"].get("type"), b"")
    return begin.ljust(min(told["file"].get("size", 0), LARGEST), b"\0")


def _xml(told: Mapping[str, Any], filling: _Filling) -> str:
    fields = {name: _element(each) for name, each in filling.value(told["xml"]).items()}
    kind, secret = told.get("signature"), filling.kit.secret if filling.kit else ""
    if kind == INVALID:
        fields["sign"] = "0" * 32
    elif kind in (digest.MD5, digest.HMAC_SHA256) and secret:
        fields["sign"] = digest.sign(kind, canonical.fields(fields), secret)
    return xml.dumps(fields)


def _element(value: Any) -> Any:
    """Convert a parsed XML value to a form that `xml.dumps` serializes to the same XML."""
    if isinstance(value, list):
        return xml.Repeated(map(_element, value))
    if isinstance(value, dict):
        return {name: _element(each) for name, each in value.items()}
    return value


def _signed(covered: bytes, *, valid: bool) -> dict[str, str]:
    stamp, nonce = canonical.timestamp(), canonical.nonce()
    message = canonical.response(stamp, nonce, covered if valid else covered + b"?")
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": certificate_serial(certificate()),
        "Wechatpay-Signature": rsa.sign(message, own_keys.platform_key()),
        "Wechatpay-Signature-Type": canonical.SCHEME,
    }


def _stream(request: Request, response: Response) -> None:
    """Write the body to the request's sink, as a transport does."""
    sink = request.sink
    if sink is None:
        return
    sink.open()
    if request.digest is not None:
        response.digest = request.digest(response.headers)
        response.digest.update(response.content)
    sink.write(response.content)
    response.content = bytes(sink.head)
    response.streamed = True
