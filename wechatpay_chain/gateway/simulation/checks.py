"""Request checks that several products share."""

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
        pattern: matches a whole number.
        words: describes the characters in an error message.
    """

    pattern: re.Pattern[str]
    words: str


NUMBER = Signs(re.compile(r"[0-9A-Za-z_\-|*@]+"), "digits, letters or _-|*@")
"""The characters of merchant-assigned numbers."""

LETTERS = Signs(re.compile("[0-9A-Za-z]+"), "digits or letters")
"""The characters of the numbers of transfers, withdrawals and similar records."""

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
COMPACT = re.compile(r"\d{14}", re.ASCII)

SIGNING = ("sign", "nonce_str", "sign_type")
DEFAULTS = ("fee_type",)
"""APIv2 fields that the catalogue requires although they have a default."""


def accepted(call: Call, optional: Collection[str] = ()) -> str:
    """Validate a request, and return the fingerprint of its content.

    Args:
        call: the request.
        optional: JSON pointers of members that can be omitted despite the catalogue; the operation
            checks the required ones.

    Raises:
        Rejection: a member is missing or has the wrong type.
    """
    content = fingerprint(call.data)
    if call.operation is not None:
        validate(call, call.operation, optional)
    return content


def fingerprint(members: Mapping[str, Any]) -> str:
    """Return the digest of a request's content, which contains no decrypted value.

    Raises:
        Rejection: the content contains invalid text, such as a lone surrogate, or is nested too
            deep.
    """
    content = {name: value for name, value in members.items() if name not in SIGNING}
    try:
        encoded = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    except (UnicodeEncodeError, RecursionError):
        raise Rejection(400, "PARAM_ERROR", "the body contains invalid text") from None
    return hashlib.sha256(encoded).hexdigest()


def number(
    value: Any, pointer: str, *, shortest: int = 1, longest: int = 64, signs: Signs = NUMBER
) -> str:
    """Validate a merchant-assigned number.

    Args:
        value: the value in the request.
        pointer: the JSON pointer of the member.
        shortest: minimum number of characters.
        longest: maximum number of characters.
        signs: the valid characters.

    Raises:
        Rejection: the value is invalid.
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
    """Validate a non-empty text.

    Raises:
        Rejection: the value is no text, or is empty or too long.
    """
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Rejection.parameter(pointer, value, f"must be a text of 1 to {longest} characters")
    return value


def one_of(value: Any, pointer: str, values: Collection[str], location: str = "body") -> str:
    """Validate a text with a fixed set of values.

    Raises:
        Rejection: the value is not in the set.
    """
    if value not in values:
        issue = f"must be one of {', '.join(values)}"
        raise Rejection.parameter(pointer, value, issue, location)
    return str(value)


def day(text: str) -> datetime.date | None:
    """Parse a day such as `2026-11-20`; return None if the text is invalid."""
    try:
        parsed = datetime.date.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.isoformat() == text else None  # Python also parses 20261120


def moment(text: Any, *, compact: bool = False) -> float | None:
    """Parse an RFC 3339 time to seconds since 1970; return None if the text is invalid.

    Args:
        text: such as `2026-11-20T13:29:35+08:00`.
        compact: whether the text has APIv2's format instead: `20261120132935`, Beijing time.
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
    """Validate an optional notification URL, and return it; empty if it is missing.

    Raises:
        Rejection: the value is no HTTP or HTTPS URL.
    """
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise Rejection.parameter(pointer, value, "must be an http or https address")
    return value


def callback(value: Any, pointer: str) -> str:
    """Validate the notification URL of a payment, which has no query and no fragment.

    Raises:
        Rejection: the URL is missing or invalid.
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
    """Validate the currency of a payment in mainland China.

    Raises:
        Rejection: the currency is not CNY.
    """
    if value not in (None, "", "CNY"):
        raise Rejection.parameter(pointer, value, "must be CNY")
    return "CNY"


def v2_text(call: Call, name: str) -> str:
    """Return an APIv2 field as text; empty if it is missing.

    Raises:
        Rejection: the field contains elements.
    """
    value = call.data.get(name, "")
    if not isinstance(value, str):
        raise Rejection.parameter(name, None, "must be text")
    return value


def v2_required(call: Call, *optional: str) -> None:
    """Reject an APIv2 request without a field that the catalogue requires.

    Args:
        call: the request.
        optional: fields that can be missing, because the operation accepts others instead.

    Raises:
        Rejection: `PARAM_ERROR` for the first missing field.
    """
    if call.operation is not None:
        known = {*optional, *SIGNING, *DEFAULTS}
        members = (each for each in call.operation.body if each.required)
        call.require(*(each.name for each in members if each.name not in known))


def v2_fen(call: Call, name: str) -> int:
    """Return an APIv2 amount in fen.

    Raises:
        Rejection: the value is not an integer above 0.
    """
    text = v2_text(call, name)
    if not (text.isascii() and text.isdecimal() and len(text) <= 12 and int(text) > 0):
        raise Rejection.parameter(name, text, "must be a whole number of fen above 0")
    return int(text)
