"""The texts that signatures cover.

APIv3: https://pay.weixin.qq.com/doc/v3/merchant/4012365342 (requests) and 4013053420 (responses);
APIv2: https://pay.weixin.qq.com/doc/v2/merchant/4011985891. The package `crypto` signs them.
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
    """Return a random string of base-62 digits.

    Args:
        size: the number of characters; WeChat Pay accepts 1 to 32.
    """
    return os.urandom(size).translate(DIGIT_OF_BYTE).decode()


def timestamp() -> str:
    """Return the seconds since 1970-01-01T00:00:00Z, as text."""
    return str(int(time.time()))


def request(method: str, target: str, stamp: str, nonce_str: str, body: bytes = b"") -> bytes:
    """Return the text signed in an APIv3 request: five lines, each ended by a line feed."""
    return f"{method}\n{target}\n{stamp}\n{nonce_str}\n".encode() + body + b"\n"


def response(stamp: str, nonce_str: str, body: bytes = b"") -> bytes:
    """Return the text signed in an APIv3 response or notification: three lines."""
    return response_head(stamp, nonce_str) + body + b"\n"


def response_head(stamp: str, nonce_str: str) -> bytes:
    """Return the lines before the body; non-ASCII values cannot have been signed and may differ."""
    return f"{stamp}\n{nonce_str}\n".encode("utf-8", "replace")


def authorization(mchid: str, nonce_str: str, signature: str, stamp: str, serial: str) -> str:
    """Return the value of an APIv3 request's `Authorization` header.

    Args:
        mchid: the merchant ID.
        nonce_str: the nonce in the signed text.
        signature: the signature in base64.
        stamp: the timestamp in the signed text.
        serial: the serial number of the merchant's certificate.
    """
    return (
        f'{SCHEME} mchid="{mchid}",nonce_str="{nonce_str}",signature="{signature}",'
        f'timestamp="{stamp}",serial_no="{serial}"'
    )


def lines(*values: str) -> bytes:
    """Return values, each ended by a line feed: the text that RSA launch parameters sign."""
    try:
        return "".join(f"{value}\n" for value in values).encode()
    except UnicodeEncodeError:
        raise ConfigurationError(
            _("text with a lone surrogate cannot be signed: it is not valid text")
        ) from None


def text(value: Any, name: str) -> str | None:
    """Return a scalar as the text for a query, an XML element or a path; None for None.

    Args:
        value: str, bool (`true`/`false`), int, finite float, Decimal, an aware datetime (RFC 3339,
            in whole seconds), a date, an Enum (its value), or None.
        name: the name of the value, used in the error message.

    Raises:
        ConfigurationError: the value has another type, is an infinite float or NaN, or is a
            datetime without a time zone.
    """
    if value is None or type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)  # the value of an Enum, not its name
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
            "{name} is of type {kind}: expected a str, int, bool, Decimal, date or aware "
            "datetime (pass JSON inside a field as text: json.dumps(…))",
            name=name,
            kind=kind(value),
        )
    )


def _digits(value: int, name: str) -> str:
    try:
        return str(int(value))
    except ValueError:  # Python's limit on the length of int conversions
        raise ConfigurationError(
            _("{name} is a number with thousands of digits", name=name)
        ) from None


def moment(value: Any, name: str) -> str | None:
    """Return a date as `YYYY-MM-DD`, a datetime as RFC 3339 with its offset, or else None.

    Args:
        value: a value of any type.
        name: the name of the value, used in the error message.

    Raises:
        ConfigurationError: a datetime has no time zone, or an offset that RFC 3339 cannot express.
    """
    import datetime  # few requests contain one

    if not isinstance(value, datetime.date):
        return None
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        if offset is None:
            raise ConfigurationError(
                _(
                    "{name} is a datetime without a time zone, so its time is ambiguous; add "
                    "one: datetime.now(timezone(timedelta(hours=8))), or value.astimezone()",
                    name=name,
                )
            )
        if offset % datetime.timedelta(minutes=1):
            raise ConfigurationError(
                _(
                    "{name} is a datetime with the UTC offset {offset}, whose seconds RFC 3339 "
                    "does not allow; with pytz, use zone.localize(…)",
                    name=name,
                    offset=offset,
                )
            )
        return value.isoformat(timespec="seconds")
    return value.isoformat()


def kind(value: object) -> str:
    """Return the type of a value that cannot be sent, for an error message."""
    name = type(value).__name__
    if name == "Chain":  # compared by name: `chain` imports this module
        return _("Chain ({value}: an uncalled path, not a value)", value=value)
    return name


def _decimal(value: Any) -> str | None:
    """Return a finite float or Decimal in plain notation, or None for other values."""
    import decimal  # amounts are integers; only rare fractions need the module

    if not isinstance(value, decimal.Decimal | float):
        return None
    number = decimal.Decimal(str(value))
    return format(number, "f") if number.is_finite() else None


def fields(values: Mapping[str, Any]) -> str:
    """Return the text that an APIv2 `sign` covers, without the key.

    The fields are sorted by name and joined as `name=value&…`; `sign` and empty values are omitted.
    """
    try:
        ordered = sorted(values.items())
    except TypeError:  # names are not text, or have mixed types
        raise ConfigurationError(_("a field name is not a str")) from None
    pairs = ((name, text(value, name)) for name, value in ordered if name != "sign")
    return "&".join(f"{name}={value}" for name, value in pairs if value)
