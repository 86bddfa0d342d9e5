"""Explains failing signs of APIv2 requests and responses, with the APIv2 key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus
from xml.sax.saxutils import escape

from ...messages import xml
from ...utils.translation import _
from ..findings import Diagnosis, Finding, finding
from ..keyring import Keyring
from ..transcripts import Message

__all__ = ["explain", "is_v2", "members_of"]

Members = Mapping[str, str]
MD5, HMAC = "MD5", "HMAC-SHA256"
LENGTHS = {32: MD5, 40: "SHA-1", 64: HMAC}
"""The lengths of a sign, and their algorithms."""
HASHES: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    MD5: lambda text, _key: hashlib.md5(text, usedforsecurity=False).digest(),
    HMAC: lambda text, key: hmac.digest(key, text, "sha256"),
    "SHA-256": lambda text, _key: hashlib.sha256(text).digest(),
    "SHA-1": lambda text, _key: hashlib.sha1(text, usedforsecurity=False).digest(),
}
MASK = "***"
LONGEST = 600
"""Maximum total characters of the values that are searched for a changed one."""
HEXADECIMAL = re.compile("[0-9A-Fa-f]+")
PRINTABLE = [chr(code) for code in range(32, 127)]


class Way(NamedTuple):
    """One way to build the signed text.

    Attributes:
        text: builds it from the members.
        cause: a name in `CAUSES`; empty for the correct way.
        detail: the difference.
    """

    text: Callable[[Members], str]
    cause: str = ""
    detail: str = ""


def is_v2(message: Message) -> bool:
    """Return whether a message belongs to APIv2: its body is XML, or its query has a sign."""
    start = message.body.lstrip(b"\xef\xbb\xbf \r\n\t")[:5].lower()
    return start.startswith((b"<xml", b"<?xml")) or "&sign=" in message.target


def members_of(message: Message) -> tuple[dict[str, str], str]:
    """Return the members of a body or a query, and their character set; empty if there are none."""
    if not message.body.strip():
        return dict(parse_qsl(message.target.partition("?")[2], keep_blank_values=True)), ""
    body = message.body.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        body.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "gb18030"
    try:
        fields = xml.loads(body.decode(encoding).encode())
    except (ValueError, UnicodeError):
        return {}, encoding
    return {name: each if isinstance(each, str) else "" for name, each in fields.items()}, encoding


def explain(message: Message, ring: Keyring, request: Message | None = None) -> Diagnosis:
    """Return the causes for a failing APIv2 `sign`.

    Args:
        message: a request, a response or a notification.
        ring: the merchant's keys.
        request: the request of the response; its `sign_type` applies to the response.
    """
    members, encoding = members_of(message)
    if not members:
        detail = _("the body is not a complete XML document")
        return Diagnosis([finding("truncated_body", detail)])
    given = members.pop("sign", "")
    if not given:
        return Diagnosis([finding("unsigned", _("it has no field sign"))])
    found = [finding("charset", _("the body is GBK, not UTF-8"))] if encoding == "gb18030" else []
    if ring.mchid and (other := _other_merchant(members, ring.mchid)):
        found.append(
            finding(
                "wrong_merchant",
                _("{other}, but the profile has {mchid}", other=other, mchid=ring.mchid),
            )
        )
    if not ring.secret:
        detail = _("the APIv2 key (secret) is not configured")
        return Diagnosis([*found, finding("no_key", detail)])
    named = members.get("sign_type") or (members_of(request)[0].get("sign_type") if request else "")
    compared = _compared(given, members, ring, named or MD5, encoding)
    return Diagnosis(found + compared.findings, compared.signed)


def _other_merchant(members: Members, mchid: str) -> str:
    for name in ("mch_id", "mchid", "combine_mch_id"):
        if members.get(name) and members[name] != mchid:
            return _("{name} is {members}", name=name, members=members[name])
    return ""


def _compared(given: str, members: Members, ring: Keyring, named: str, encoding: str) -> Diagnosis:
    """Return the differences between the signed text and the members; empty if there are none."""
    if named not in (MD5, HMAC):
        detail = _("sign_type is {named!r}: expected MD5 or HMAC-SHA256", named=named)
        return Diagnosis([finding("wrong_sign_type", detail)])
    wanted, odd = _hexadecimal(given)
    made_by = LENGTHS.get(len(wanted))
    if made_by is None:
        detail = _("sign has {count} characters, not 32 or 64", count=len(given))
        return Diagnosis([finding("signature_format", detail)])
    for (way, ending), charset in itertools.product(_texts(ring), _charsets(encoding)):
        if (bool(way.cause) + bool(ending.cause) + (charset != "utf-8")) > 2:
            continue
        try:
            text = (way.text(members) + ending.text).encode(charset)
        except UnicodeError:
            continue
        found = _made(text, ending.key, wanted, named)
        if found is None:
            continue
        found += [Finding(each.cause, each.detail) for each in (way, ending) if each.cause]
        if charset != "utf-8" and encoding == "utf-8":
            found.append(finding("charset", _("{charset} was signed", charset=charset)))
        found += [finding("signature_format", odd)] if odd else []
        return Diagnosis(found, _masked(way.text(members) + ending.text, ring, ending.key))
    where = _changed(wanted, members, made_by, ring.secret.reveal())
    if where:
        return Diagnosis([finding("changed_byte", where)])
    if made_by != named:
        detail = _(
            "sign has the length of {made_by}, but sign_type is {named}",
            made_by=made_by,
            named=named,
        )
        return Diagnosis([finding("wrong_sign_type", detail)])
    return Diagnosis([finding("wrong_secret", _("no known difference explains it"))])


def _masked(text: str, ring: Keyring, *keys: str) -> bytes:
    """Return a text without keys."""
    apiv3 = ring.apiv3_key.reveal().decode("utf-8", "replace")
    for key in (ring.secret.reveal(), apiv3, *keys):
        text = text.replace(key, MASK) if key.strip() else text
    return text.encode()


def _hexadecimal(sign: str) -> tuple[str, str]:
    """Return a sign in upper-case hexadecimal, and the difference if it is written otherwise."""
    if HEXADECIMAL.fullmatch(sign):
        return sign.upper(), "" if sign == sign.upper() else _("sign is in lower case")
    try:
        return base64.b64decode(sign, validate=True).hex().upper(), _(
            "it is Base64, not hexadecimal"
        )
    except (binascii.Error, ValueError):
        return sign, ""


def _made(text: bytes, key: str, wanted: str, named: str) -> list[Finding] | None:
    """Return the findings about the algorithm, or None if the text does not have this sign."""
    for algorithm, hashed in HASHES.items():
        once = hashed(text, key.encode())
        if once.hex().upper() == wanted:
            if algorithm == named:
                return []
            return [
                finding(
                    "wrong_sign_type",
                    _(
                        "it was made with {algorithm}, but sign_type is {named}",
                        algorithm=algorithm,
                        named=named,
                    ),
                )
            ]
        hexadecimal = once.hex()
        for again in (hexadecimal, hexadecimal.upper()):
            if hashed(again.encode(), key.encode()).hex().upper() == wanted:
                detail = _("{algorithm} was applied twice", algorithm=algorithm)
                return [finding("signature_format", detail)]
    return None


def _sign(algorithm: str, text: bytes, key: bytes) -> str:
    return HASHES[algorithm](text + b"&key=" + key, key).hex().upper()


def _charsets(encoding: str) -> tuple[str, ...]:
    return ("utf-8", "gb18030", "latin-1") if encoding != "gb18030" else ("utf-8", "gb18030")


class Ending(NamedTuple):
    """One way to append the key to the signed text.

    Attributes:
        text: the end of the signed text.
        key: the key of an HMAC.
        cause: a name in `CAUSES`; empty for the correct way.
        detail: the difference.
    """

    text: str
    key: str
    cause: str = ""
    detail: str = ""


def _endings(ring: Keyring) -> Iterator[Ending]:
    secret, apiv3 = ring.secret.reveal(), ring.apiv3_key.reveal().decode("utf-8", "replace")
    yield Ending(f"&key={secret}", secret)
    if apiv3 and apiv3 != secret:
        detail = _("it was made with the APIv3 key")
        yield Ending(f"&key={apiv3}", apiv3, "wrong_secret", detail)
    for other, how in (
        (secret.lower(), _("in lower case")),
        (secret.upper(), _("in upper case")),
        (f"{secret}\n", _("with a line ending appended")),
        (f"{secret} ", _("with a space appended")),
        ("", _("which is empty")),
    ):
        if other != secret:
            detail = _("it was made with the key {how}", how=how)
            yield Ending(f"&key={other}", other, "wrong_secret", detail)
    for text, how in (
        ("", _("the key was not appended")),
        (secret, _("the key was appended without &key=")),
        (f"key={secret}", _("the key was appended without the & before key=")),
        (f"&secret={secret}", _("the key was appended as &secret=, not &key=")),
        (f"&Key={secret}", _("the key was appended as &Key=, not &key=")),
        (f"&KEY={secret}", _("the key was appended as &KEY=, not &key=")),
    ):
        yield Ending(text, secret, "key_format", how)


def _joined(pairs: Iterable[tuple[str, str]], spell: Callable[[str], str] = str) -> str:
    """Return members in the format of the signed text."""
    return "&".join(f"{name}={spell(value)}" for name, value in pairs)


def _filled(members: Members) -> Iterator[tuple[str, str]]:
    """Yield the members that have a value, sorted by name."""
    return ((name, value) for name, value in sorted(members.items()) if value)


def _texts(ring: Keyring) -> Iterator[tuple[Way, Ending]]:
    """Yield the ways to build the signed text, the correct one first."""
    yield from itertools.product(_ways(), _endings(ring))
    secret = ring.secret.reveal()
    detail = _("the key was sorted among the fields")
    way = Way(lambda members: _joined(_filled({**members, "key": secret})), "key_format", detail)
    yield way, Ending("", secret)


def _ways() -> Iterator[Way]:
    yield Way(lambda members: _joined(_filled(members)))
    yield Way(
        lambda members: _joined(sorted(members.items())),
        "empty_members",
        _("name= was signed"),
    )
    yield Way(
        lambda members: _joined(each for each in _filled(members) if each[0] != "sign_type"),
        "extra_members",
        _("sign_type was not signed"),
    )
    for algorithm in (MD5, HMAC):
        yield Way(
            lambda members, kind=algorithm: _joined(_filled({**members, "sign_type": kind})),  # type: ignore[misc]
            "extra_members",
            _("sign_type={algorithm} was signed, but is not in the body", algorithm=algorithm),
        )
    yield Way(
        lambda members: _joined(each for each in members.items() if each[1]),
        "member_order",
        _("in the order of the body"),
    )
    yield Way(
        lambda members: _joined(sorted(_filled(members), key=lambda each: each[0].lower())),
        "member_order",
        _("sorted ignoring case"),
    )
    yield Way(
        lambda members: _joined(sorted(_filled(members), reverse=True)),
        "member_order",
        _("in reverse order"),
    )
    for spell, how in (
        (lambda value: quote(value, safe=""), _("encoded for a URL, a space as %20")),
        (lambda value: quote_plus(value, safe=""), _("encoded for a URL, a space as +")),
        (escape, _("escaped for XML")),
        (lambda value: f"<![CDATA[{value}]]>", _("inside CDATA")),
        (str.strip, _("trimmed")),
        (str.lower, _("in lower case")),
    ):
        yield Way(
            lambda members, spell=spell: _joined(_filled(members), spell),  # type: ignore[misc]
            "escaped_values",
            _("values were signed {how}", how=how),
        )
    yield Way(
        lambda members: _joined(_filled(members)) + "&", "member_order", _("with & at the end")
    )
    for index in range(40):
        yield Way(
            lambda members, index=index: _joined(  # type: ignore[misc]
                each for at, each in enumerate(_filled(members)) if at != index
            ),
            "extra_members",
            _("field {index} in sorted order was not signed", index=index + 1),
        )


def _changed(wanted: str, members: Members, algorithm: str, secret: str) -> str:
    """Return the value that differs in one character from the signed one, or an empty text."""
    pairs = [(name, value) for name, value in sorted(members.items()) if value]
    if sum(len(value) for _ignored, value in pairs) > LONGEST:
        return ""
    key = secret.encode()
    for place, (name, value) in enumerate(pairs):
        before = "".join(f"{n}={v}&" for n, v in pairs[:place]) + f"{name}="
        after = "".join(f"&{n}={v}" for n, v in pairs[place + 1 :])
        for index in range(len(value) + 1):
            start, end = value[:index], value[index + 1 :]
            tries = [start + end, *(start + sign + end for sign in PRINTABLE)]
            tries += [start + sign + value[index:] for sign in PRINTABLE]
            for tried in tries:
                if _sign(algorithm, f"{before}{tried}{after}".encode(), key) == wanted:
                    return _(
                        "{name} has a different character at position {index} than when it was "
                        "signed",
                        name=name,
                        index=index + 1,
                    )
    return ""
