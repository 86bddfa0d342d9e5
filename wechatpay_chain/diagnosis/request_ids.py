"""Reads a `Request-ID`: when WeChat Pay received the request, and the error number.

Source: responses of api.mch.weixin.qq.com. The part before the last `-` is a protobuf message in
hexadecimal, with the time in seconds as its first field; the part after it is 0, or an error
number. WeChat Pay documents neither, so values in another form are ignored.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

__all__ = ["RequestId", "read"]

FORM = re.compile(r"08(?P<message>[0-9A-F]{10,200})-(?P<number>[0-9]{1,19})", re.IGNORECASE)
EARLIEST, LATEST = 1_400_000_000, 4_000_000_000
"""The range of plausible request times, in seconds since 1970."""
VARINT_BYTES = 5


class RequestId(NamedTuple):
    """The parts of a `Request-ID`.

    Attributes:
        text: the original text.
        time: when WeChat Pay received the request, or None if unknown.
        number: WeChat Pay's error number; 0 for a success.
    """

    text: str
    time: datetime | None
    number: int


def read(text: str) -> RequestId | None:
    """Parse a `Request-ID`; returns None if the text is not one.

    Args:
        text: the value of the header field.
    """
    text = text.strip()
    found = FORM.fullmatch(text)
    if found is None:
        return None
    return RequestId(text, _time(found["message"]), int(found["number"]))


def _time(message: str) -> datetime | None:
    if len(message) % 2:
        return None
    value = 0
    for index, byte in enumerate(bytes.fromhex(message)[:VARINT_BYTES]):
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return datetime.fromtimestamp(value, UTC) if EARLIEST < value < LATEST else None
    return None
