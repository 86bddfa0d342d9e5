"""The options of faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ....utils.translation import _

__all__ = ["check_options", "content_of", "is_whole"]

COMMON = ("share", "seed", "host")
"""The options of every fault."""
OPTIONS = {
    "status": ("status", "body"),
    "delay": ("seconds",),
    "maintenance": ("status",),
    "clock_skew": ("seconds",),
    "rate_limit": ("requests", "seconds"),
    "notification_late": ("seconds",),
    "notification_clock_skew": ("seconds",),
}
"""The additional options of some faults."""
SKEWED = ("clock_skew", "notification_clock_skew")
"""The faults with a `seconds` that can be negative, for a slow clock."""
LONGEST = 3600
"""Maximum seconds of a delay and of a period; other limits apply to notifications and clocks."""


def check_options(fault: str, options: Mapping[str, Any]) -> None:
    """Reject unknown and invalid options of a fault.

    Raises:
        ValueError: an option is unknown or invalid; the message names it.
    """
    own = OPTIONS.get(fault, ())
    for name in options:
        if name not in (*own, *COMMON):
            raise ValueError(
                _(
                    "{fault} has no option {name!r}; it takes {options}",
                    fault=fault,
                    name=name,
                    options=", ".join((*own, *COMMON)),
                )
            )
    status, share = options.get("status", 500), options.get("share", 1)
    if not is_whole(status) or not 200 <= status <= 599:
        raise ValueError(_number("status", status, 200, 599))
    if not _is_number(share) or not 0 <= share <= 1:
        raise ValueError(_number("share", share, 0, 1))
    if not is_whole(options.get("seed", 1)):
        raise ValueError(_("seed {value!r}: expected a whole number", value=options["seed"]))
    requests, host = options.get("requests", 1), options.get("host", "*")
    if not is_whole(requests) or not 0 <= requests <= 1_000_000:
        raise ValueError(_number("requests", requests, 0, 1_000_000))
    if not isinstance(host, str) or not host or not host.isprintable():
        raise ValueError(
            _("host {value!r}: expected a pattern such as '*.mch.weixin.qq.com'", value=host)
        )
    _check_seconds(fault, options.get("seconds", 1))
    try:
        content_of(options.get("body", ""))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(_("body: expected text or a JSON value: {error}", error=error)) from None


def _check_seconds(fault: str, seconds: Any) -> None:
    most = 10 * 86400 if fault in (*SKEWED, "notification_late") else LONGEST
    least = -most if fault in SKEWED else 0
    if not _is_number(seconds) or not least <= seconds <= most:
        raise ValueError(_number("seconds", seconds, least, most))


def _number(name: str, value: Any, least: int, most: int) -> str:
    return _(
        "{name} {value!r}: expected a number from {least} to {most}",
        name=name,
        value=value,
        least=least,
        most=most,
    )


def is_whole(value: Any) -> bool:
    """Return True if a value is an integer and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def content_of(body: Any) -> bytes:
    """Return the bytes of a body that is text or a JSON value.

    Raises:
        TypeError, ValueError, RecursionError: the body is neither.
    """
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, allow_nan=False)
    return text.encode()
