"""Why an APIv3 signature does not match.

The public key recovers the digest of the signed string from an RSA signature. So the gateway sees
whether the key is right, and can try any string that the client may have signed instead.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ....keys.credential import CLOCK_SKEW
from ...simulation.bases import PREFIXES
from .causes import Diagnosis, Finding, changed, finding, rewritten, variants

__all__ = ["Sent", "diagnose"]

DIGEST_INFO = {
    "SHA-256": "3031300d060960864801650304020105000420",
    "SHA-1": "3021300906052b0e03021a05000414",
    "MD5": "3020300c06082a864886f70d020505000410",
    "SHA-384": "3041300d060960864801650304020205000430",
    "SHA-512": "3051300d060960864801650304020305000440",
}
"""What stands before a digest in a PKCS#1 signature (RFC 8017, section 9.2)."""

HEX = re.compile("(?:[0-9A-Fa-f]{2}){64,}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass
class Sent:
    """The five lines that the gateway hashed, and the signature that came with them.

    Attributes:
        origins: the addresses by which the client may know the gateway, without a slash.
    """

    method: str
    target: str
    stamp: str
    nonce: str
    body: str
    signature: str
    origins: Sequence[str] = ()

    @property
    def lines(self) -> list[str]:
        """What is signed, line by line."""
        return [self.method, self.target, self.stamp, self.nonce, self.body]


def _ended(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


SHAPES: dict[str, Callable[[Sequence[str]], str]] = {
    "no_final_newline": "\n".join,
    "extra_newline": lambda lines: _ended(lines) + "\n",
    "crlf": lambda lines: "".join(f"{line}\r\n" for line in lines),
    "literal_newline": lambda lines: "".join(f"{line}\\n" for line in lines),
    "no_newlines": "".join,
    "no_body_line": lambda lines: _ended(lines[:4]),
    "swapped": lambda lines: _ended([*lines[:2], lines[3], lines[2], lines[4]]),
    "response_form": lambda lines: _ended(lines[2:]),
}
"""How the lines are put together by mistake."""


def diagnose(sent: Sent, key: rsa.RSAPublicKey) -> Diagnosis:
    """What is wrong with a signature that the gateway rejected.

    Args:
        sent: the lines and the signature.
        key: the merchant's public key.
    """
    raw, form = _decoded(sent.signature)
    if raw is None:
        return Diagnosis(finding("not_base64"))
    findings = [finding(form)] if form else []
    size = key.key_size // 8
    if len(raw) != size:
        return Diagnosis(*findings, finding("signature_length", given=len(raw), expected=size))
    try:
        content = key.recover_data_from_signature(raw, padding.PKCS1v15(), None)
    except InvalidSignature:
        pss = _is_pss(sent, raw, key)
        return Diagnosis(*findings, finding("pss" if pss else "other_key"))
    name, digest = _digest(content)
    if name is None:
        return Diagnosis(*findings, finding("not_hashed"))
    if name == "":
        findings.append(finding("raw_digest"))
    elif name != "SHA-256":
        findings.append(finding("other_hash", name=name))
    found = _search(sent, digest, name or "SHA-256")
    return Diagnosis(*findings, *found.findings, signed=found.signed)


def _decoded(text: str) -> tuple[bytes | None, str]:
    if HEX.fullmatch(text):  # is base64 as well, but no signature in base64 looks like it
        return bytes.fromhex(text), "hex"
    try:
        return base64.b64decode(text, validate=True), ""
    except (binascii.Error, ValueError):
        pass
    try:
        plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
        padded = plain + "=" * (-len(plain) % 4)
        return base64.b64decode(padded, validate=True), "base64_form"
    except (binascii.Error, ValueError):
        return None, ""


def _is_pss(sent: Sent, raw: bytes, key: rsa.RSAPublicKey) -> bool:
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    try:
        key.verify(raw, _ended(sent.lines).encode("utf-8", "replace"), scheme, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _digest(content: bytes) -> tuple[str | None, bytes]:
    """Which hash, and its digest; an empty name for a digest that says not which it is."""
    for name, prefix in DIGEST_INFO.items():
        head = bytes.fromhex(prefix)
        if content.startswith(head):
            return name, content[len(head) :]
    return ("", content) if len(content) == hashlib.sha256().digest_size else (None, content)


def _search(sent: Sent, digest: bytes, name: str) -> Diagnosis:
    algorithm = name.replace("-", "").lower() if name != "SHA-1" else "sha1"

    def hashed(content: bytes) -> bytes:
        return hashlib.new(algorithm, content, usedforsecurity=False).digest()

    plain = _ended(sent.lines)
    for once in (hashed(_bytes(plain)), hashed(_bytes(plain)).hex().encode()):
        if hashed(once) == digest:
            return Diagnosis(finding("hashed_twice"), signed=plain)
    for findings, text in _candidates(sent):
        if hashed(_bytes(text)) == digest:
            return Diagnosis(*findings, signed=text)
        if not text.isascii() and hashed(text.encode("gbk", "replace")) == digest:
            return Diagnosis(*findings, finding("gbk"), signed=text)
    return Diagnosis(finding("other_string"))


def _candidates(sent: Sent) -> Iterator[tuple[list[Finding], str]]:
    yield [], _ended(sent.lines)
    plain: list[Any] = [_ended, *sent.lines]
    options: list[list[tuple[str, Any]]] = [
        list(SHAPES.items()),
        changed("method", sent.method, (sent.method.lower(), *METHODS)),
        list(_targets(sent)),
        changed("timestamp_ms", sent.stamp, [f"{sent.stamp}000", sent.stamp[:-3]]),
        changed("nonce", sent.nonce, (sent.nonce.lower(), sent.nonce.upper(), "")),
        list(_bodies(sent.body)),
    ]
    for codes, parts in variants(plain, options):
        yield [finding(code) for code in codes], parts[0](parts[1:])
    yield from _other_times(sent)


def _other_times(sent: Sent) -> Iterator[tuple[list[Finding], str]]:
    """One time in the header, and another one, of a moment before or after, in the string."""
    if not (sent.stamp.isascii() and sent.stamp.isdecimal() and len(sent.stamp) < 16):
        return
    for distance in range(1, CLOCK_SKEW + 1):
        for stamp in (int(sent.stamp) - distance, int(sent.stamp) + distance):
            lines = [*sent.lines[:2], str(stamp), *sent.lines[3:]]
            yield [finding("timestamp_value", given=str(stamp))], _ended(lines)


def _targets(sent: Sent) -> Iterator[tuple[str, str]]:
    target = sent.target
    path, mark, query = target.partition("?")
    for origin in sent.origins:
        yield "target_absolute", f"{origin}{target}"
    if mark:
        yield "target_no_query", path
        pairs = parse_qsl(query, keep_blank_values=True)
        yield from changed(
            "target_query",
            target,
            (
                f"{path}?{urlencode(sorted(pairs))}",
                f"{path}?{urlencode(pairs)}",
                f"{path}?{urlencode(pairs, quote_via=quote)}",
                f"{path}?{'&'.join(f'{name}={value}' for name, value in pairs)}",
                f"{path}?{'&'.join(sorted(query.split('&')))}",
            ),
        )
    yield from changed(
        "target_encoding", target, (unquote(target), quote(target, safe="/?&=%"), quote(target))
    )
    yield "target_no_slash", target[1:]
    yield "target_slash", path.rstrip("/") + ("" if path.endswith("/") else "/") + mark + query
    for prefix in ("/v3", *(f"/{prefix.rstrip('/')}" for prefix in PREFIXES.values())):
        if path.startswith(f"{prefix}/"):
            yield "target_prefix", target[len(prefix) :]
    yield "target_prefix", f"/v3{target}"


def _bodies(body: str) -> Iterator[tuple[str, str]]:
    if not body:
        yield from (("body_not_empty", text) for text in ("{}", "[]", "null", '""', "undefined"))
        return
    yield "body_empty", ""
    yield from changed("body_space", body, (body.strip(), body.replace("\r\n", "\n")))
    for text in rewritten(body):
        yield "body_rewritten", text


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which stands for a byte of a path
        return text.encode("utf-8", "replace")
