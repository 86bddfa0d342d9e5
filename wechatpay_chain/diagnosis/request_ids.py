"""What a `Request-ID` tells: when WeChat Pay received the request, and the number of the error.

Source: responses of api.mch.weixin.qq.com. The part before the last `-` is a protobuf message in
hexadecimal, whose first field is the time in seconds; the part behind it is 0, or an error number.
WeChat Pay documents neither, so what does not fit is not read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

__all__ = ["RequestId", "read"]

FORM = re.compile(r"08(?P<message>[0-9A-F]{10,200})-(?P<number>[0-9]{1,19})", re.IGNORECASE)
EARLIEST, LATEST = 1_400_000_000, 4_000_000_000
"""Seconds since the epoch that can be the time of a request."""
VARINT_BYTES = 5


class RequestId(NamedTuple):
    """A `Request-ID`, taken apart.

    Attributes:
        text: as it was given.
        time: when WeChat Pay received the request; None where it does not say.
        number: WeChat Pay's error number; 0 for a success.
    """

    text: str
    time: datetime | None
    number: int


def read(text: str) -> RequestId | None:
    """A `Request-ID`, or None where the text is none.

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
