"""Explains failing signatures of APIv3 requests: compares `Authorization` with the request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from ...keys.credential import CLOCK_SKEW
from ...keys.platform_key import same_key
from ...utils.translation import _
from ..findings import Diagnosis, Finding, finding
from ..keyring import Keyring
from ..transcripts import Message, number
from .bodies import unlike
from .digests import Signed, has_pss_padding, opened, signature_bytes
from .variants import Head, Variant, bodies, five_lines, matching, targets

__all__ = ["explain", "moment_of"]

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PARAMETER = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
NEEDED = ("mchid", "nonce_str", "signature", "timestamp", "serial_no")


def explain(
    request: Message, response: Message | None, ring: Keyring, now: float | None
) -> Diagnosis:
    """Return the causes for which WeChat Pay rejects the signature of a request.

    Args:
        request: the request as sent.
        response: its response, with WeChat Pay's time in `Date`, or None.
        ring: the merchant's keys.
        now: when the request was sent, in seconds since 1970; None if unknown.
    """
    scheme, _ignored, rest = request.field("Authorization").partition(" ")
    parts = dict(PARAMETER.findall(rest))
    missing = [name for name in NEEDED if not parts.get(name)]
    if not rest or scheme != SCHEME or missing:
        return Diagnosis([_no_authorization(request, scheme, missing)])
    found = list(_names(parts, ring))
    found += _clock(parts["timestamp"], response, now)
    if ring.merchant is None:
        detail = _("the merchant's private key is not configured")
        return Diagnosis([*found, finding("no_key", detail)])
    signature, odd = signature_bytes(parts["signature"])
    if odd:
        found.append(finding("signature_format", odd))
    size = ring.merchant.key_size // 8
    if len(signature) != size:
        detail = _("it has {count} bytes, not {size}", count=len(signature), size=size)
        return Diagnosis([*found, *([finding("signature_format", detail)] if signature else [])])
    signed = opened(signature, ring.merchant)
    request = _with_body(request, response)
    if signed is None:
        message = _head(request, parts) + request.body + b"\n"
        if has_pss_padding(signature, ring.merchant, message):
            detail = _("its padding is PSS, not PKCS#1 v1.5")
            return Diagnosis([*found, finding("signature_format", detail)], message)
        return Diagnosis([*found, *_foreign(parts, ring)])
    if signed.oddity:
        found.append(finding("signature_format", signed.oddity))
    found += _serial(parts, ring)
    if not signed.algorithm:
        return Diagnosis(found)
    if request.lacks_body:
        return Diagnosis([*found, finding("no_body")])
    difference = _difference(request, parts, signed)
    found += difference.findings
    return Diagnosis(found or list(_told(request, parts, response)), difference.signed)


def _no_authorization(request: Message, scheme: str, missing: list[str]) -> Finding:
    if not request.field("Authorization"):
        return finding("unsigned", _("the request has no Authorization"))
    if scheme != SCHEME:
        return finding(
            "signature_format",
            _(
                "Authorization begins with {scheme!r}, not {scheme_2}",
                scheme=scheme,
                scheme_2=SCHEME,
            ),
        )
    return finding(
        "signature_format", _("Authorization has no {missing}", missing=", ".join(missing))
    )


def _names(parts: dict[str, str], ring: Keyring) -> Iterator[Finding]:
    if ring.mchid and parts["mchid"] != ring.mchid:
        yield finding(
            "wrong_merchant",
            _(
                "mchid is {parts}, but the profile has {mchid}",
                parts=parts["mchid"],
                mchid=ring.mchid,
            ),
        )
    if ring.named(parts["serial_no"]) is not None:
        yield finding(
            "wrong_key_family",
            _("serial_no {parts} belongs to WeChat Pay", parts=parts["serial_no"]),
        )


def _serial(parts: dict[str, str], ring: Keyring) -> Iterator[Finding]:
    serial = parts["serial_no"]
    if not ring.serial or ring.named(serial) is not None:
        return
    if same_key(serial, ring.serial):
        if serial.upper() != ring.serial.upper():
            yield finding(
                "wrong_serial",
                _("serial_no is {serial}: write {expected}", serial=serial, expected=ring.serial),
            )
    elif _is_decimal_form(serial, ring.serial):
        yield finding(
            "wrong_serial",
            _("serial_no is decimal: write {expected}, in hexadecimal", expected=ring.serial),
        )
    else:
        yield finding(
            "wrong_serial",
            _(
                "serial_no is {serial}, but the key's certificate has {serial_2}",
                serial=serial,
                serial_2=ring.serial,
            ),
        )


def _is_decimal_form(text: str, serial: str) -> bool:
    """Return whether a text is the decimal form of a hexadecimal serial number."""
    try:
        return text.isdecimal() and int(text) == int(serial, 16)
    except ValueError:  # more digits than Python converts, or not a number
        return False


def _foreign(parts: dict[str, str], ring: Keyring) -> Iterator[Finding]:
    """Yield the findings for a signature that was not made with the merchant's key."""
    if ring.named(parts["serial_no"]) is not None:
        return
    same = same_key(parts["serial_no"], ring.serial)
    detail = (
        _(
            "serial_no {parts} is the one in the profile, but the key is not",
            parts=parts["serial_no"],
        )
        if same
        else _(
            "serial_no is {parts}, but the profile has {serial}",
            parts=parts["serial_no"],
            serial=ring.serial,
        )
    )
    yield finding("wrong_key", detail)


def _clock(stamp: str, response: Message | None, now: float | None) -> Iterator[Finding]:
    seconds = number(stamp)
    if seconds is None:
        yield finding("timestamp", _("timestamp {stamp!r} is not a number of seconds", stamp=stamp))
        return
    if seconds > 10_000_000_000:
        yield finding(
            "timestamp",
            _("timestamp {stamp} is in milliseconds: expected seconds", stamp=stamp),
        )
        return
    then = moment_of(response) if response is not None else None
    reference = then if then is not None else now
    if reference is not None and abs(seconds - reference) > CLOCK_SKEW:
        off = seconds - reference
        yield finding(
            "clock",
            _("it is {seconds:.0f} s ahead of WeChat Pay", seconds=off)
            if off > 0
            else _("it is {seconds:.0f} s behind WeChat Pay", seconds=abs(off)),
        )


def moment_of(message: Message) -> float | None:
    """Return the time in a `Date` header field in seconds since 1970, or None."""
    try:
        return parsedate_to_datetime(message.field("Date")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def _difference(request: Message, parts: dict[str, str], signed: Signed) -> Diagnosis:
    """Return the differences between the signed text and the request; empty if there are none."""
    stamp, nonce = parts["timestamp"], parts["nonce_str"]
    longer = request.body + b"\n"  # the same as a surplus line feed, which is reported
    several = [each for each in bodies(request.body) if each.value != longer]
    query = request.target.partition("?")[2]
    if query and not request.body:
        several.append(Variant(query.encode(), "surplus_body", _("the query was signed as a body")))
    found = matching(signed, list(_heads(request, stamp, nonce)), several)
    if found is not None:
        return found
    right = _head(request, parts)
    for each in several:
        if signed.covers_digest_of(text := right + each.value + b"\n"):
            detail = _("{algorithm} was applied twice", algorithm=signed.algorithm)
            return Diagnosis([finding("signature_format", detail)], text)
    return _other_time(request, parts, signed) or Diagnosis([unlike(request, signed, right)])


def _head(request: Message, parts: dict[str, str]) -> bytes:
    lines = (request.method, request.target, parts["timestamp"], parts["nonce_str"])
    return "".join(f"{line}\n" for line in lines).encode()


def _other_time(request: Message, parts: dict[str, str], signed: Signed) -> Diagnosis | None:
    """Return the finding for a time that was read again before or after signing."""
    seconds = number(parts["timestamp"])
    if seconds is None:
        return None
    for distance in range(-CLOCK_SKEW, CLOCK_SKEW + 1):
        other = str(seconds + distance)
        text = _head(request, {**parts, "timestamp": other}) + request.body + b"\n"
        if signed.covers(text):
            detail = _("{changed} was signed, {stamp} was sent", changed=other, stamp=seconds)
            return Diagnosis([finding("timestamp", detail)], text)
    return None


def _heads(request: Message, stamp: str, nonce: str) -> Iterator[Head]:
    method = request.method
    for index, target in enumerate(targets(request.target, request.origin)):
        how = Finding(target.cause, target.detail) if index else None
        yield Head(tuple(five_lines(method, target.value, stamp, nonce)), how)
    for other in ("GET", "POST", "PUT", "PATCH", "DELETE", method.lower(), method.upper()):
        if other != method:
            how = finding(
                "wrong_method",
                _("{other} was signed, {method} was sent", other=other, method=method),
            )
            yield Head(tuple(five_lines(other, request.target, stamp, nonce)), how)
    for changed in (f"{stamp}000", stamp[:-3]):
        how = finding(
            "timestamp", _("{changed} was signed, {stamp} was sent", changed=changed, stamp=stamp)
        )
        yield Head(tuple(five_lines(method, request.target, changed, nonce)), how)
    for changed in dict.fromkeys((nonce.lower(), nonce.upper(), "", *_beginnings(nonce))):
        if changed != nonce:
            how = finding(
                "nonce",
                _("{changed!r} was signed, {nonce!r} was sent", changed=changed, nonce=nonce),
            )
            yield Head(tuple(five_lines(method, request.target, stamp, changed)), how)


def _beginnings(nonce: str) -> Iterator[str]:
    return (nonce[:length] for length in range(len(nonce) - 1, 0, -1))


def _told(request: Message, parts: dict[str, str], response: Message | None) -> Iterator[Finding]:
    """Yield the differences between the sent request and the one that WeChat Pay reports."""
    lines = _received(response)[0].split("\n")
    if len(lines) < 5:
        return
    sent = [request.method, request.target, parts["timestamp"], parts["nonce_str"]]
    causes = ("wrong_method", "path", "timestamp", "changed_message")
    for cause, ours, theirs in zip(causes, sent, lines, strict=False):
        if ours != theirs:
            yield finding(
                cause,
                _(
                    "{ours!r} was sent, WeChat Pay received {theirs!r}",
                    ours=ours,
                    theirs=theirs[:200],
                ),
            )
            return
    yield from _changed_on_its_way(request.body, "\n".join(lines[4:]))


def _received(response: Message | None) -> tuple[str, bool]:
    """Return the text that WeChat Pay reports to have verified, and whether it is complete."""
    try:
        told = json.loads(response.body if response is not None else b"")
        information = told["detail"]["sign_information"]
        message = str(information["truncated_sign_message"])
        return message, len(message.encode()) == information.get("sign_message_length")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "", False


def _with_body(request: Message, response: Message | None) -> Message:
    """Return the request with the body that WeChat Pay reports, if the file lacks it."""
    message, whole = _received(response)
    if not (request.lacks_body and whole and message.count("\n") >= 5):
        return request
    body = message.split("\n", 4)[4].removesuffix("\n").encode()
    return request._replace(body=body)


def _changed_on_its_way(body: bytes, theirs: str) -> Iterator[Finding]:
    try:
        ours = Variant(body.decode()).value
    except UnicodeDecodeError:
        return
    if not (f"{ours}\n".startswith(theirs) or theirs.startswith(ours)):
        yield finding("changed_byte", _("WeChat Pay received a different body than was sent"))
