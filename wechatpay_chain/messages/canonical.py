"""The strings that are signed.

APIv3: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (requests) and 4013053420 (answers);
APIv2: https://pay.weixin.qq.com/doc/v2/merchant/4011985891. Signing them is `crypto`'s part.
"""

from __future__ import annotations

import enum
import os
import time
from collections.abc import Mapping
from typing import Any

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["authorization", "fields", "lines", "nonce", "request", "response", "text", "timestamp"]

SCHEME = "WECHATPAY2-SHA256-RSA2048"
BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGIT_OF_BYTE = bytes(BASE62[byte % 62] for byte in range(256))


def nonce(size: int = 32) -> str:
    """A random string of base-62 digits.

    Args:
        size: how many characters; WeChat Pay takes 1 to 32.
    """
    return os.urandom(size).translate(DIGIT_OF_BYTE).decode()


def timestamp() -> str:
    """Seconds since 1970-01-01T00:00:00Z, as text."""
    return str(int(time.time()))


def request(method: str, target: str, stamp: str, nonce_str: str, body: bytes = b"") -> bytes:
    """What an APIv3 request's signature covers: five lines, each ended by a line feed."""
    return f"{method}\n{target}\n{stamp}\n{nonce_str}\n".encode() + body + b"\n"


def response(stamp: str, nonce_str: str, body: bytes = b"") -> bytes:
    """What an APIv3 answer's or notification's signature covers: three lines."""
    return response_head(stamp, nonce_str) + body + b"\n"


def response_head(stamp: str, nonce_str: str) -> bytes:
    """The lines ahead of the body; what is not even text was never signed, and may differ."""
    return f"{stamp}\n{nonce_str}\n".encode("utf-8", "replace")


def authorization(mchid: str, nonce_str: str, signature: str, stamp: str, serial: str) -> str:
    """The value of an APIv3 request's `Authorization` header.

    Args:
        mchid: the merchant number.
        nonce_str: the one in the signed string.
        signature: in base64.
        stamp: the timestamp in the signed string.
        serial: serial number of the merchant's certificate.
    """
    return (
        f'{SCHEME} mchid="{mchid}",nonce_str="{nonce_str}",signature="{signature}",'
        f'timestamp="{stamp}",serial_no="{serial}"'
    )


def lines(*values: str) -> bytes:
    """Values, each ended by a line feed: what a launch parameter's RSA signature covers."""
    try:
        return "".join(f"{value}\n" for value in values).encode()
    except UnicodeEncodeError:
        raise ConfigurationError(_("a lone surrogate cannot be signed: not valid text")) from None


def text(value: Any, name: str) -> str | None:
    """A scalar as it is written into a query, an XML element or a path; None for None.

    Args:
        value: str, bool (`true`/`false`), int, finite float, Decimal, an aware datetime (RFC 3339,
            to the second), a date, an Enum (its value), or None.
        name: what it is the value of, for the error.

    Raises:
        ConfigurationError: any other type, a float that is not finite, or a datetime without a
            time zone.
    """
    if value is None or type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)  # an Enum's value, not its name
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value, name)
    if isinstance(value, enum.Enum):
        return text(value.value, name)
    written = _decimal(value) or moment(value, name)
    if written is not None:
        return written
    raise ConfigurationError(
        _(
            "{name} is of type {kind}: a str, int, bool, Decimal, date or aware datetime is "
            "expected (JSON inside a field is given as text: json.dumps(…))",
            name=name,
            kind=kind(value),
        )
    )


def _digits(value: int, name: str) -> str:
    try:
        return str(int(value))
    except ValueError:  # Python's limit against endless conversions
        raise ConfigurationError(
            _("{name} is a number of thousands of digits", name=name)
        ) from None


def moment(value: Any, name: str) -> str | None:
    """A date as `YYYY-MM-DD`, a datetime as RFC 3339 with its offset; None for anything else.

    Args:
        value: of any type.
        name: what it is the value of, for the error.

    Raises:
        ConfigurationError: a datetime without a time zone, or with an offset that RFC 3339 cannot
            write.
    """
    import datetime  # few requests have one

    if not isinstance(value, datetime.date):
        return None
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        if offset is None:
            raise ConfigurationError(
                _(
                    "{name} is a datetime without a time zone, so it names no moment; give it "
                    "one: datetime.now(timezone(timedelta(hours=8))), or value.astimezone()",
                    name=name,
                )
            )
        if offset % datetime.timedelta(minutes=1):
            raise ConfigurationError(
                _(
                    "{name} is a datetime whose offset {offset} has seconds, which RFC 3339 "
                    "cannot write; with pytz, use zone.localize(…)",
                    name=name,
                    offset=offset,
                )
            )
        return value.isoformat(timespec="seconds")
    return value.isoformat()


def kind(value: object) -> str:
    """The type of a value that cannot be sent, for an error."""
    name = type(value).__name__
    if name == "Chain":  # by name: a chain is made of what imports this module
        return _(
            "Chain ({value}: the path of a call that was never made, and not a value)", value=value
        )
    return name


def _decimal(value: Any) -> str | None:
    """A finite float or Decimal in plain notation; None for anything else."""
    import decimal  # money is integer here; only the rare fraction pays for loading it

    if not isinstance(value, decimal.Decimal | float):
        return None
    number = decimal.Decimal(str(value))
    return format(number, "f") if number.is_finite() else None


def fields(values: Mapping[str, Any]) -> str:
    """What an APIv2 `sign` covers, before the key is appended.

    Sorted by name, joined as `name=value&…`; `sign` itself and empty values are left out.
    """
    try:
        ordered = sorted(values.items())
    except TypeError:  # of names that are no text, or stand beside others
        raise ConfigurationError(_("the name of a field is of another type than str")) from None
    pairs = ((name, text(value, name)) for name, value in ordered if name != "sign")
    return "&".join(f"{name}={value}" for name, value in pairs if value)
