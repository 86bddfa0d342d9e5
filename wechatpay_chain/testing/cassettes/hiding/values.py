"""Removes secrets and personal data from a message, in the format of a cassette.

Some values cannot be stored but are required to play the message. A mapping with one of these
members tells `playing` what to create:

* `$encrypted`: the ciphertext of this text, for the key of the requesting client
* `$digest`: the digest of a file in the cassette
* `$certificate`, `$public_key`: a certificate of WeChat Pay, or its public key
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
"""Possible lengths in bytes of a ciphertext for a merchant's key."""
HEX = {32: "md5", 40: "sha1", 64: "sha256"}
ERROR = frozenset({"code", "message", "issue", "field", "location"})
"""Members of an APIv3 error that WeChat Pay writes itself."""
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
"""Patterns of personal data in any text."""
SHORTEST = 4
"""Minimum bytes of a replaced value that is searched for in other texts."""


def mark(value: Any) -> tuple[str, Any] | None:
    """Return the mark of a mapping and the rest of it, or None for any other value."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        if isinstance(name, str) and name in MARKS:
            return name, inner
    return None


MARKS = ("$encrypted", "$digest", "$certificate", "$public_key")


def by_name(members: Iterable[Member]) -> Members:
    """Return the members of an object by name."""
    return {each.name: each for each in members}


class Digests:
    """The digests of files that messages announce, numbered in order.

    Args:
        count: the number of digests already in the cassette.
    """

    def __init__(self, count: int = 0) -> None:
        self._names: dict[str, str] = {}
        self._count = count

    def name(self, digest: str) -> str | None:
        """Return a digest's name, such as `sha1-1`, or None if the text is not a digest."""
        kind, digest = HEX.get(len(digest)), digest.lower()
        if kind is None or not all(each in "0123456789abcdef" for each in digest):
            return None
        if digest not in self._names:
            self._count += 1
            self._names[digest] = f"{kind}-{self._count}"
        return self._names[digest]

    def known(self, digest: str) -> str | None:
        """Return the name of an announced digest."""
        return self._names.get(digest)


class Scrubber:
    """Replaces the values of messages.

    Args:
        rules: which values are kept.
        placeholders: replace the others.
        addresses: replaces values in addresses.
        digests: the digests of files.
        hides_merchant: whether merchant IDs and appids are replaced.
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
        """Return a body with its values replaced.

        Args:
            value: parsed JSON or XML.
            members: the catalogue's description of it.
            answer: whether it is the body of a response, which will be played.
            error: whether it is an APIv3 error.
        """
        return self._value("", value, None, members, (answer, error), DEEPEST)

    def value(self, name: str, value: str) -> str:
        """Return a standalone text, such as one in a bill, replaced if necessary.

        Args:
            name: the name of the value.
            value: the text.
        """
        scrubbed = self._text(name, value, None, (False, False), DEEPEST)
        return scrubbed if isinstance(scrubbed, str) else self._placeholders.of(name, value)

    def prose(self, text: str) -> str:
        """Return a text that may quote the request, without the values replaced elsewhere."""
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
    """Return the JSON object or list in a text, or None."""
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return held if isinstance(held, dict | list) else None


def _is_ciphertext(value: str, member: Member | None) -> bool:
    """Return whether a text is encrypted by RSA, according to the catalogue or its length."""
    if member is not None and member.encrypted == "RSAES-OAEP" and len(value) > 300:
        return True
    if all(len(value) != (size + 2) // 3 * 4 for size in LENGTHS):
        return False
    try:
        return len(base64.b64decode(value, validate=True)) in LENGTHS
    except (binascii.Error, ValueError):
        return False
