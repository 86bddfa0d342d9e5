"""Checks a client's appid and notify_url."""

from __future__ import annotations

import re

from ...crypto.pem import tidy
from ...messages.authority import split
from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["appid_of", "flag_of", "notify_url_of"]

APPID = re.compile("[0-9A-Za-z_-]{1,32}")
LONGEST_URL = 256


def appid_of(given: object) -> str | None:
    """Check the appid for `fill=True`, or return None.

    Raises:
        ConfigurationError: it does not consist of 1 to 32 letters and digits.
    """
    if given is None:
        return None
    text = tidy(given) if isinstance(given, str) else ""
    if APPID.fullmatch(text):
        return text
    raise ConfigurationError(
        _(
            "appid {represented}: expected letters and digits, such as 'wx8888888888888888'",
            represented=represented(given),
        )
    )


def flag_of(given: object, name: str) -> bool:
    """Check an argument that must be True or False.

    Raises:
        ConfigurationError: any other value, such as the text "false".
    """
    if isinstance(given, bool):
        return given
    raise ConfigurationError(
        _(
            "{name}= must be True or False, not {represented}",
            name=name,
            represented=represented(given),
        )
    )


def notify_url_of(given: object) -> str | None:
    """Check the notification URL for `fill=True`, or return None.

    Source: https://pay.weixin.qq.com/doc/v3/merchant/4012791856 (no query)

    Raises:
        ConfigurationError: it is not an http or https URL of at most 256 characters, or has a
            query.
    """
    if given is None:
        return None
    text = tidy(given) if isinstance(given, str) else ""
    expected = _("expected a URL without a query, such as 'https://shop.example.com/wechatpay'")
    if not text or len(text) > LONGEST_URL or not (text.isascii() and text.isprintable()):
        raise ConfigurationError(
            _(
                "notify_url {represented}: {expected}",
                represented=represented(given),
                expected=expected,
            )
        )
    rest = split(text, "notify_url")[1]
    if "?" in rest or "#" in rest or " " in rest:
        raise ConfigurationError(
            _(
                "notify_url {represented}: {expected}",
                represented=represented(given),
                expected=expected,
            )
        )
    return text
