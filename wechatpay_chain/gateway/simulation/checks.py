"""What a request must be like, where several products ask for the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..call import Call
from ..messages.exchange import Rejection
from .validation import validate

__all__ = ["accepted", "address", "callback", "chinese", "fingerprint", "number", "text", "v2_text"]

NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]+")
"""What a merchant's numbers are made of."""

SIGNING = ("sign", "nonce_str", "sign_type")


def accepted(call: Call) -> str:
    """The fingerprint of an APIv3 request whose members are there and of their types.

    Raises:
        Rejection: they are not.
    """
    content = fingerprint(call.data)
    if call.operation is not None:
        validate(call, call.operation)
    return content


def fingerprint(members: Mapping[str, Any]) -> str:
    """What tells one request's content from another's, without keeping what came encrypted.

    Raises:
        Rejection: what holds no valid text, as a lone surrogate, or is nested too deep.
    """
    content = {name: value for name, value in members.items() if name not in SIGNING}
    try:
        encoded = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    except (UnicodeEncodeError, RecursionError):
        raise Rejection(400, "PARAM_ERROR", "the body holds what is not valid text") from None
    return hashlib.sha256(encoded).hexdigest()


def number(value: Any, pointer: str, *, longest: int = 64, signs: re.Pattern[str] = NUMBER) -> str:
    """A merchant's number of something.

    Raises:
        Rejection: it is not one.
    """
    if not isinstance(value, str) or len(value) > longest or not signs.fullmatch(value):
        raise Rejection.parameter(
            pointer, value, f"must be 1 to {longest} digits, letters or _-|*@"
        )
    return value


def text(value: Any, pointer: str, longest: int) -> str:
    """A text that is not empty.

    Raises:
        Rejection: it is none, or too long.
    """
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Rejection.parameter(pointer, value, f"must be a text of 1 to {longest} characters")
    return value


def address(value: Any, pointer: str) -> str:
    """Where notifications go; empty where it was not given.

    Raises:
        Rejection: it is no http or https address.
    """
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise Rejection.parameter(pointer, value, "must be an http or https address")
    return value


def callback(value: Any, pointer: str) -> str:
    """Where the notifications of a payment go: an address without a query.

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
    """A currency that a merchant in mainland China is paid in.

    Raises:
        Rejection: it is another than CNY.
    """
    if value not in (None, "", "CNY"):
        raise Rejection.parameter(pointer, value, "must be CNY")
    return "CNY"


def v2_text(call: Call, name: str) -> str:
    """A field of APIv2 as text; empty where it was not given.

    Raises:
        Rejection: it holds elements instead.
    """
    value = call.data.get(name, "")
    if not isinstance(value, str):
        raise Rejection.parameter(name, None, "must be text")
    return value
