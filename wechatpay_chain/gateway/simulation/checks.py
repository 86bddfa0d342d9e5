"""Validations of requests that several products share."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from ..call import Call
from ..messages.exchange import Rejection
from .validation import validate

__all__ = [
    "LETTERS",
    "Signs",
    "accepted",
    "address",
    "callback",
    "chinese",
    "day",
    "fingerprint",
    "moment",
    "number",
    "one_of",
    "text",
    "v2_fen",
    "v2_required",
    "v2_text",
]


class Signs(NamedTuple):
    """The characters of a kind of numbers.

    Attributes:
        pattern: the pattern of a whole number.
        words: the allowed characters, for a message.
    """

    pattern: re.Pattern[str]
    words: str


NUMBER = Signs(re.compile(r"[0-9A-Za-z_\-|*@]+"), "digits, letters or _-|*@")
"""The characters of merchant-assigned numbers."""

LETTERS = Signs(re.compile("[0-9A-Za-z]+"), "digits or letters")
"""The characters in numbers of transfers, withdrawals and similar records."""

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
COMPACT = re.compile(r"\d{14}", re.ASCII)

SIGNING = ("sign", "nonce_str", "sign_type")
DEFAULTS = ("fee_type",)
"""Fields of APIv2 that the catalogue requires, and that have a default."""


def accepted(call: Call, optional: Collection[str] = ()) -> str:
    """Return the fingerprint of an APIv3 request whose members are there and of their types.

    Args:
        call: the request.
        optional: JSON pointers of members that may be left out, whatever the catalogue says: the
            operation checks which of them are needed.

    Raises:
        Rejection: they are not.
    """
    content = fingerprint(call.data)
    if call.operation is not None:
        validate(call, call.operation, optional)
    return content


def fingerprint(members: Mapping[str, Any]) -> str:
    """Return a digest that identifies a request's content without containing encrypted values.

    Raises:
        Rejection: what holds no valid text, as a lone surrogate, or is nested too deep.
    """
    content = {name: value for name, value in members.items() if name not in SIGNING}
    try:
        encoded = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    except (UnicodeEncodeError, RecursionError):
        raise Rejection(400, "PARAM_ERROR", "the body holds what is not valid text") from None
    return hashlib.sha256(encoded).hexdigest()


def number(
    value: Any, pointer: str, *, shortest: int = 1, longest: int = 64, signs: Signs = NUMBER
) -> str:
    """Return a merchant-assigned number of something.

    Args:
        value: the value that was sent.
        pointer: to the member.
        shortest: characters that it has at least.
        longest: characters that it has at most.
        signs: its allowed characters.

    Raises:
        Rejection: it is not one.
    """
    if (
        not isinstance(value, str)
        or not shortest <= len(value) <= longest
        or not signs.pattern.fullmatch(value)
    ):
        issue = f"must be {shortest} to {longest} {signs.words}"
        raise Rejection.parameter(pointer, value, issue)
    return value


def text(value: Any, pointer: str, longest: int) -> str:
    """Return a text that is not empty.

    Raises:
        Rejection: it is invalid, or too long.
    """
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Rejection.parameter(pointer, value, f"must be a text of 1 to {longest} characters")
    return value


def one_of(value: Any, pointer: str, values: Collection[str], location: str = "body") -> str:
    """Return a text that is one of the values.

    Raises:
        Rejection: it is another.
    """
    if value not in values:
        issue = f"must be one of {', '.join(values)}"
        raise Rejection.parameter(pointer, value, issue, location)
    return str(value)


def day(text: str) -> datetime.date | None:
    """Return the day that a text such as `2026-11-20` names; None if it names none."""
    try:
        parsed = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.isoformat() == text else None  # Python reads 20261120 as well


def moment(text: Any, *, compact: bool = False) -> float | None:
    """Return the time that a text of RFC 3339 names, in seconds since 1970; None if it names none.

    Args:
        text: such as `2026-11-20T13:29:35+08:00`.
        compact: whether the text is APIv2's instead: `20261120132935`, Beijing time.
    """
    if not isinstance(text, str) or not (COMPACT if compact else RFC3339).fullmatch(text):
        return None
    try:
        if compact:
            return datetime.datetime.strptime(f"{text}+0800", "%Y%m%d%H%M%S%z").timestamp()
        return datetime.datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def address(value: Any, pointer: str) -> str:
    """Return the address for notifications; empty if it is missing.

    Raises:
        Rejection: it is not an http or https address.
    """
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise Rejection.parameter(pointer, value, "must be an http or https address")
    return value


def callback(value: Any, pointer: str) -> str:
    """Return the address for the notifications of a payment, which has no query.

    Raises:
        Rejection: it is missing, or another.
    """
    parts = _parts(value)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Rejection.parameter(pointer, value, "must be an http or https address")
    if "?" in value or "#" in value:
        raise Rejection.parameter(pointer, value, "must have no query and no fragment")
    return str(value)


def _parts(value: Any) -> SplitResult | None:
    if not isinstance(value, str) or re.search(r"[\s\\]", value):
        return None
    try:
        return urlsplit(value)
    except ValueError:
        return None


def chinese(value: Any, pointer: str) -> str:
    """Return a currency that a merchant in mainland China is paid in.

    Raises:
        Rejection: it is another than CNY.
    """
    if value not in (None, "", "CNY"):
        raise Rejection.parameter(pointer, value, "must be CNY")
    return "CNY"


def v2_text(call: Call, name: str) -> str:
    """Return a field of APIv2 as text; empty if it is missing.

    Raises:
        Rejection: it holds elements instead.
    """
    value = call.data.get(name, "")
    if not isinstance(value, str):
        raise Rejection.parameter(name, None, "must be text")
    return value


def v2_required(call: Call, *optional: str) -> None:
    """Reject a request of APIv2 that lacks a field which the catalogue requires.

    Args:
        call: the request.
        optional: fields that may be missing all the same: the operation takes another instead.

    Raises:
        Rejection: `PARAM_ERROR` with the first that is missing.
    """
    if call.operation is not None:
        known = {*optional, *SIGNING, *DEFAULTS}
        members = (each for each in call.operation.body if each.required)
        call.require(*(each.name for each in members if each.name not in known))


def v2_fen(call: Call, name: str) -> int:
    """Return an amount of APIv2, in fen.

    Raises:
        Rejection: it is not a whole number above 0.
    """
    text = v2_text(call, name)
    if not (text.isascii() and text.isdecimal() and len(text) <= 12 and int(text) > 0):
        raise Rejection.parameter(name, text, "must be a whole number of fen above 0")
    return int(text)
