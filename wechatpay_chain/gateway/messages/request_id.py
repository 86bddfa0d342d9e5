"""The header `Request-ID`: the identifier of a request, with the number of an error.

Source: responses of api.mch.weixin.qq.com. The part before the last `-` is hexadecimal; the part
after it is 0 or an error number.
"""

from __future__ import annotations

import random
import time

__all__ = [
    "EXTRA_MEMBER",
    "OUT_OF_RANGE",
    "TOO_LONG",
    "TOO_SHORT",
    "WRONG_VALUE",
    "number_of",
    "request_id",
]

WRONG_VALUE, TOO_LONG, TOO_SHORT, OUT_OF_RANGE = 268435461, 268435462, 268435463, 268435464
EXTRA_MEMBER = 270924358
NUMBERS = {
    "PARAM_ERROR": WRONG_VALUE,
    "SIGN_ERROR": 268443699,
    "SIGNERROR": 268443699,
    "ORDER_NOT_EXIST": 268512771,
    "ORDERNOTEXIST": 268512771,
    "ORDERPAID": 268449538,
    "ORDER_CLOSED": 268447914,
    "ORDERCLOSED": 268447914,
    "OUT_TRADE_NO_USED": 268498688,
    "APPID_MCHID_NOT_MATCH": 268445527,
    "FREQUENCY_LIMITED": 268447840,
}
"""The error number of each code; some errors with the same code have their own number."""


BITS = (11, 8, 31, 17)
"""The sizes of the random fields of a `Request-ID`."""
RANDOM = random.Random()  # noqa: S311 - distinguishes requests, and is no secret


def number_of(code: str) -> int:
    """Return WeChat Pay's error number for an error code."""
    return NUMBERS.get(code, WRONG_VALUE)


def request_id(number: int = 0) -> str:
    """Return a new `Request-ID`.

    Args:
        number: WeChat Pay's error number; 0 for a success.
    """
    encoded = bytearray()
    for index, value in enumerate((int(time.time()), *map(RANDOM.getrandbits, BITS)), 1):
        encoded.append(index << 3)
        while value > 127:
            encoded.append(value & 127 | 128)
            value >>= 7
        encoded.append(value)
    return f"{encoded.hex().upper()}-{number}"
