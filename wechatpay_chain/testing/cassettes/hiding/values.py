"""A message without secrets and personal data, in the form in which a cassette has it.

Some values cannot stand in a file and yet are needed to play the message. A mapping with one of
these members says what `playing` makes in their place:

* `$encrypted`: the ciphertext of this text, for the key of the client that asks
* `$digest`: the digest of a file on the cassette
* `$certificate`, `$public_key`: a certificate of WeChat Pay's, or its public key
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ....catalogue import Member
from .addresses import Addresses
from .members import Rules, is_app, is_merchant, plain_name
from .placeholders import Placeholders

__all__ = ["Digests", "Scrubber", "by_name", "mark"]

Members = Mapping[str, Member]
NOTHING: Members = {}
URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*(PUBLIC KEY|CERTIFICATE)-----")
PROPER = re.compile(r"[A-Za-z_$#][\w$.-]{0,63}")
DEEPEST = 64
LENGTHS = (256, 384, 512)
"""Bytes that a ciphertext for a merchant's key may have."""
HEX = {32: "md5", 40: "sha1", 64: "sha256"}
ERROR = frozenset({"code", "message", "issue", "field", "location"})
"""The members of an APIv3 error that WeChat Pay writes itself."""
CODE = re.compile("[A-Z][A-Z0-9_]{0,63}")
FOUND = tuple(
    (name, re.compile(pattern, re.ASCII))
    for name, pattern in (
        ("openid", r"(?<![\w-])o[\w-]{27}(?![\w-])"),
        ("mail", r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
        ("id_card_no", r"(?<!\w)\d{17}[\dXx](?!\w)"),
        ("phone", r"(?<!\w)(\+?86)?1[3-9]\d{9}(?!\w)"),
        ("bank_no", r"(?<!\w)\d{15,19}(?!\w)"),
        ("client_ip", r"(?<![\w.])\d{1,3}(\.\d{1,3}){3}(?![\w.])"),
        ("text", r"(?<![\w+/=-])[\w+/=-]{40,}(?![\w+/=-])"),
    )
)
"""What is personal wherever it stands."""
SHORTEST = 4
"""Bytes of a replaced value that is looked for in other texts."""


def mark(value: Any) -> tuple[str, Any] | None:
    """What a mapping of a cassette stands for, and the rest of it; None of any other value."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        if isinstance(name, str) and name in MARKS:
            return name, inner
    return None


MARKS = ("$encrypted", "$digest", "$certificate", "$public_key")


def by_name(members: Iterable[Member]) -> Members:
    """The members of an object by their names."""
    return {each.name: each for each in members}


class Digests:
    """The digests of files that messages announce, numbered in their order.

    Args:
        count: of those that the cassette has already.
    """

    def __init__(self, count: int = 0) -> None:
        self._names: dict[str, str] = {}
        self._count = count

    def name(self, digest: str) -> str | None:
        """`sha1-1`, say; None of what is no digest."""
        kind, digest = HEX.get(len(digest)), digest.lower()
        if kind is None or not all(each in "0123456789abcdef" for each in digest):
            return None
        if digest not in self._names:
            self._count += 1
            self._names[digest] = f"{kind}-{self._count}"
        return self._names[digest]

    def known(self, digest: str) -> str | None:
        """The name of a digest that was announced."""
        return self._names.get(digest)


class Scrubber:
    """What becomes of messages.

    Args:
        rules: what is kept.
        placeholders: for what is not.
        addresses: what becomes of addresses.
        digests: of files.
        hides_merchant: whether the numbers of merchants and apps are replaced.
    """

    def __init__(
        self,
        rules: Rules,
        placeholders: Placeholders,
        addresses: Addresses,
        digests: Digests,
        *,
        hides_merchant: bool,
    ) -> None:
        self.addresses = addresses
        self.digests = digests
        self._rules = rules
        self._placeholders = placeholders
        self._hides_merchant = hides_merchant

    def body(self, value: Any, members: Members, *, answer: bool, error: bool = False) -> Any:
        """A body.

        Args:
            value: of JSON or XML.
            members: what the catalogue says of it.
            answer: whether it is that of a response, which is played.
            error: whether it is an APIv3 error.
        """
        return self._value("", value, None, members, (answer, error), DEEPEST)

    def value(self, name: str, value: str) -> str:
        """A text that stands alone, such as one of a bill.

        Args:
            name: of what it is the value of.
            value: the text.
        """
        scrubbed = self._text(name, value, None, (False, False), DEEPEST)
        return scrubbed if isinstance(scrubbed, str) else self._placeholders.of(name, value)

    def prose(self, text: str) -> str:
        """A text that may quote what was sent: nothing that was replaced elsewhere is in it."""
        for name, pattern in FOUND:
            text = pattern.sub(partial(self._instead, name), text)
        for value, instead in self._placeholders.replaced():
            if len(value.encode("utf-8", "replace")) >= SHORTEST and value != instead:
                text = text.replace(value, instead)
        return self.addresses.swapped(text)

    def _instead(self, name: str, found: re.Match[str]) -> str:
        return self._placeholders.of(name, found[0])

    def _value(
        self,
        name: str,
        value: Any,
        member: Member | None,
        members: Members,
        kind: tuple[bool, bool],
        depth: int,
    ) -> Any:
        if not depth:
            return self._placeholders.of("text", str(type(value)))
        if isinstance(value, dict):
            if kind[0] and "encrypt_certificate" in value:
                return {"$certificate": 1}
            return {
                self._key(key): self._member(str(key), each, members, kind, depth - 1)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [self._value(name, each, member, members, kind, depth - 1) for each in value]
        if isinstance(value, str):
            return self._text(name, value, member, kind, depth)
        return value if self._rules.keeps(name, value) else 0

    def _key(self, key: Any) -> str:
        return key if PROPER.fullmatch(key) else self._placeholders.of("text", str(key))

    def _member(
        self, name: str, value: Any, members: Members, kind: tuple[bool, bool], depth: int
    ) -> Any:
        member = members.get(name) or members.get(plain_name(name))
        inner = NOTHING if member is None else by_name(member.members)
        return self._value(name, value, member, inner, kind, depth)

    def _text(
        self, name: str, value: str, member: Member | None, kind: tuple[bool, bool], depth: int
    ) -> Any:
        answer, error = kind
        rules, plain = self._rules, plain_name(name)
        if rules.wants(name):
            return self.addresses.swapped(value)
        if key := KEY.search(value):
            is_public = answer and key[1] == "PUBLIC KEY"
            return {"$public_key": 1} if is_public else self._placeholders.of("text", value)
        if self._hides_merchant and (is_merchant(plain) or is_app(plain)) and value:
            return self._placeholders.of(name, value)
        if value[:1] in ("{", "[") and (held := _held(value)) is not None:
            inner = NOTHING if member is None else by_name(member.members)
            scrubbed = self._value(name, held, None, inner, (False, error), depth - 1)
            return json.dumps(scrubbed, ensure_ascii=False)
        if plain == "hash_value" and answer and (digest := self.digests.name(value)):
            return {"$digest": digest}
        if answer and _is_ciphertext(value, member):
            return {"$encrypted": self._placeholders.of(name, value)}
        if URL.match(value) and not rules.rejects(name):
            return self.addresses.url(value)
        if rules.is_canned(name) or (error and name in ERROR):
            is_code = name == "code" and CODE.fullmatch(value)
            return value if is_code else self.prose(value)
        listed = member is not None and value in member.enum and not rules.rejects(name)
        if listed or rules.keeps(name, value):
            return self.addresses.swapped(value)
        return self._placeholders.of(name, value)


def _held(text: str) -> Any:
    """The JSON in a text; None where it is none, or no object and no list."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return held if isinstance(held, dict | list) else None


def _is_ciphertext(value: str, member: Member | None) -> bool:
    """Whether a text is encrypted by RSA, as the catalogue says or as its length tells."""
    if member is not None and member.encrypted == "RSAES-OAEP" and len(value) > 300:
        return True
    if all(len(value) != (size + 2) // 3 * 4 for size in LENGTHS):
        return False
    try:
        return len(base64.b64decode(value, validate=True)) in LENGTHS
    except (binascii.Error, ValueError):
        return False
