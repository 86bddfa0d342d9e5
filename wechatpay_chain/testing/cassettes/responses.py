"""The recorded form of a response: its visible parts, and how it was signed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ... import catalogue
from ...catalogue import Operation
from ...crypto import aes
from ...messages import canonical, xml
from ...messages.request import Request
from ...messages.response import Response
from ...messages.statement import SHA1_FIELD
from ...middleware.advice import page_title
from ...utils.exceptions import WeChatPayError
from .hiding.bill_texts import bill_text, head_of, unpacked
from .hiding.values import Scrubber, by_name
from .requests import is_v2, path_of

__all__ = ["FILES", "INVALID", "Responses", "Seal", "signature_of"]

SHOWN = ("Content-Type", "Retry-After")
NUMBERED = re.compile(r"-(\d{1,19})$")
REQUEST_ID = "0" * 32
"""Precedes WeChat Pay's error number; a real one contains the time and place of the response."""
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)
INVALID, NONE = "invalid", "none"
FILES = (b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"PK\x03\x04")
NAMES = ("pdf", "png", "jpeg", "zip")


class Seal(NamedTuple):
    """The values that decrypt an encrypted file.

    Attributes:
        encrypt_key: the key, encrypted for the merchant.
        nonce: the nonce of AES-GCM.
        shown: the nonce in the cassette.
    """

    encrypt_key: str
    nonce: str
    shown: str


class Responses:
    """The responses of a cassette.

    Args:
        scrubber: replaces their values.
        decrypt: decrypts fields that WeChat Pay encrypted for the merchant.
    """

    def __init__(self, scrubber: Scrubber, decrypt: Callable[[str], str]) -> None:
        self._scrubber = scrubber
        self._decrypt = decrypt
        self._seals: dict[str, Seal] = {}
        self._head = ""

    def described(self, request: Request, response: Response, content: bytes) -> dict[str, Any]:
        """Return a response without secrets and personal data.

        Args:
            request: the request that it answers.
            response: the response, with its `verified` attribute set.
            content: its complete body.
        """
        path = path_of(request)
        operation = catalogue.find(request.method, path)
        self._scrubber.addresses.origin = request.origin
        told: dict[str, Any] = {"status": response.status_code}
        headers = _headers(response)
        if headers:
            told["headers"] = headers
        told["signature"] = signature_of(request, response)
        if content:
            told |= self._body(request, response, content, operation)
        return told

    def _body(
        self, request: Request, response: Response, content: bytes, operation: Operation | None
    ) -> dict[str, Any]:
        scrubber, error = self._scrubber, response.status_code >= 400
        members = {} if operation is None or error else by_name(operation.response)
        if request.sink is None or error:
            try:
                value = json.loads(content)
            except (ValueError, RecursionError):
                pass
            else:
                self._note_seals(value)
                return {"json": scrubber.body(value, members, answer=True, error=error)}
        if is_v2(request) and content.lstrip()[:1] == b"<":
            try:
                fields = {name: each for name, each in xml.loads(content).items() if name != "sign"}
            except ValueError:
                pass
            else:
                return {"xml": scrubber.body(fields, members, answer=True)}
        title = page_title(content)
        if title:
            return {"page": {"title": scrubber.prose(title) if error else ""}}
        return self._file(request, response, content)

    def _note_seals(self, value: Any) -> None:
        """Store the keys of the encrypted files that a response announces."""
        if isinstance(value, list):
            for each in value:
                self._note_seals(each)
        elif isinstance(value, dict):
            url, key, nonce = (value.get(name) for name in ("download_url", "encrypt_key", "nonce"))
            if isinstance(url, str) and isinstance(key, str) and isinstance(nonce, str):
                shown = self._scrubber.value("nonce", nonce)
                self._seals[_target(url)] = Seal(key, nonce, shown)
            for each in value.values():
                self._note_seals(each)

    def _file(self, request: Request, response: Response, content: bytes) -> dict[str, Any]:
        seal = self._seals.get(request.target)
        opened = content if seal is None else self._opened(seal, content)
        plain = unpacked(opened)
        told: dict[str, Any] = {}
        if SHA1_FIELD in response.headers:
            told["statement"] = True
        if seal is not None:
            told["sealed"] = seal.shown
        if plain is not None:
            told["gzip"] = True
        plain = opened if plain is None else plain
        if (digest := self._digest(plain)) is not None:
            told["digest"] = digest
        self._head = head_of(plain) or self._head
        text = bill_text(plain, self._scrubber, self._head)
        if text is not None:
            return {**told, "bill": text}
        return {**told, "file": {"type": _type(plain), "size": len(plain)}}

    def _opened(self, seal: Seal, content: bytes) -> bytes:
        """Decrypt a file; returns empty bytes if that is not possible here."""
        try:
            return aes.gcm_decrypt(
                content, self._decrypt(seal.encrypt_key), seal.nonce, binary=True
            )
        except WeChatPayError:
            return b""

    def _digest(self, plain: bytes) -> str | None:
        """Return the name of the digest that another response announced for a file."""
        found = (
            self._scrubber.digests.known(
                hashlib.new(kind, plain, usedforsecurity=False).hexdigest()
            )
            for kind in ("sha1", "sha256", "md5")
        )
        return next((name for name in found if name), None)


def signature_of(request: Request, response: Response) -> str:
    """Return how a response was signed: an algorithm, `none`, or `invalid` if it was rejected."""
    sign = "" if not is_v2(request) else _sign(response)
    if response.verified:
        if not sign:
            return canonical.SCHEME if "Wechatpay-Signature" in response.headers else NONE
        return "HMAC-SHA256" if len(sign) == 64 else "MD5"
    is_signed = bool(sign) or "Wechatpay-Signature" in response.headers
    return INVALID if is_signed and not response.unsigned else NONE


def _sign(response: Response) -> str:
    try:
        sign = xml.loads(response.content).get("sign", "")
    except ValueError:
        return ""
    return sign if isinstance(sign, str) else ""


def _headers(response: Response) -> dict[str, str]:
    headers = response.headers
    told = {name: headers[name] for name in SHOWN if name in headers}
    if not MEDIA_TYPE.fullmatch(told.get("Content-Type", "a/b")):
        del told["Content-Type"]
    if not told.get("Retry-After", "0").isdecimal():
        del told["Retry-After"]
    if found := NUMBERED.search(headers.get("Request-ID", "")):
        told["Request-ID"] = f"{REQUEST_ID}-{found[1]}"
    return told


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}{'?' if parts.query else ''}{parts.query}"


def _type(content: bytes) -> str:
    """Return the type of a file, from its first bytes."""
    pairs = zip(FILES, NAMES, strict=True)
    return next((name for begin, name in pairs if content.startswith(begin)), "data")
