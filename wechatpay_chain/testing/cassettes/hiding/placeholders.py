"""Placeholders for values that must not be in a cassette, of the same kind and consistent.

A value that occurs twice has the same placeholder twice, so related values still match, such as
the token of a download URL and the request that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ... import own_keys
from .members import is_app, is_merchant, plain_name

__all__ = ["ENCRYPT_KEY", "NONCE", "NUMBERED", "Placeholders"]

OPENID = re.compile(r"o[\w-]{27}")
OPENID_NAME = re.compile("openid|union_?id")
DIGITS = re.compile("[0-9]+")
ENCRYPT_KEY, NONCE = "0" * 32, "0" * 16
"""The placeholders of an encrypted bill."""
CONSTANTS = (
    (re.compile("encrypt_key$"), ENCRYPT_KEY),
    (re.compile("phone|mobile|tel$"), "13800138000"),
    (re.compile("mail"), "user@example.com"),
    (re.compile("(^|_)ip$|clientip"), "192.0.2.1"),
    (re.compile("birth|period_(begin|end)"), "1949-12-31"),
    (re.compile("addr"), "测试地址"),
    (
        re.compile(
            "id_?(card|doc)?_?(no|num)|cre(d_)?id|cert(ificate)?s?_?(no|num|id)|identi.*(no|num)"
        ),
        "11010519491231002X",
    ),
    (
        re.compile(
            "bank_?(account|card)?_?n(o|um)|card_(no|num)|account_n(o|um)|settlement_account"
        ),
        "6200000000000005",
    ),
    (re.compile("(^|_)(user)?names?$"), "测试用户"),
)
"""Placeholders by member name. The identity number is the example of GB 11643, the address is from
RFC 5737, and no bank has issued the card number."""
NUMBERED = re.compile(r"hidden-(\d+)|oRecorded(\d{19})")
"""The numbered placeholders, which distinguish values."""
NONCE_NAME = re.compile("^nonce(_str)?$")


class Placeholders:
    """The placeholders of a cassette.

    Args:
        mchid: the merchant ID.
        appid: the merchant's appid; empty if it is not known.
        used: the texts already in the cassette. They stay unchanged, and their numbers are not used
            again.
    """

    def __init__(self, mchid: str, appid: str, used: Collection[str] = ()) -> None:
        self._own = {mchid: own_keys.MCHID, **({appid: own_keys.APPID} if appid else {})}
        self._made: dict[tuple[str, str], str] = {}
        self._used = set(used)
        found = (NUMBERED.fullmatch(each) for each in used)
        self._last = max((int(each[1] or each[2]) for each in found if each), default=0)

    def of(self, name: str, value: str) -> str:
        """Return the placeholder of a member's value.

        Args:
            name: the name of the member.
            value: the value to replace.
        """
        if value in self._used:
            return value
        kind = self._kind(plain_name(name), value)
        if (kind, value) not in self._made:
            self._made[kind, value] = self._new(kind, value)
            self._used.add(self._made[kind, value])
        return self._made[kind, value]

    def replaced(self) -> Iterator[tuple[str, str]]:
        """Yield the replaced values, longest first, with their placeholders."""
        pairs = {(value, made) for (_, value), made in self._made.items()}
        return iter(sorted(pairs, key=lambda pair: (-len(pair[0]), pair)))

    def _kind(self, name: str, value: str) -> str:
        if OPENID.fullmatch(value) or OPENID_NAME.search(name):
            return "openid"
        if is_merchant(name):
            return "merchant"
        if is_app(name):
            return "app"
        if NONCE_NAME.match(name):
            return "0" * min(len(value), 32)
        constant = next((each for pattern, each in CONSTANTS if pattern.search(name)), "")
        return constant or ("digits" if DIGITS.fullmatch(value) else "text")

    def _new(self, kind: str, value: str) -> str:
        if kind in ("merchant", "app") and value in self._own:
            return self._own[value]
        if kind not in ("openid", "merchant", "app", "digits", "text"):
            return kind
        self._last += 1
        if kind == "openid":
            return f"oRecorded{self._last:019d}"
        if kind == "merchant":
            return f"190{self._last:07d}"
        if kind == "app":
            return f"wx0000{self._last:012d}"
        if kind == "text":
            return f"hidden-{self._last}"
        made = f"{self._last:0{len(value)}d}"
        return made if made != value else self._new(kind, value)
