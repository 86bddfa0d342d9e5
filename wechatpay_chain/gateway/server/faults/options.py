"""The options of faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["check_options", "content_of", "is_whole"]

COMMON = ("share", "seed", "host")
"""The options that every fault takes."""
OPTIONS = {
    "status": ("status", "body"),
    "delay": ("seconds",),
    "maintenance": ("status",),
    "clock_skew": ("seconds",),
    "rate_limit": ("requests", "seconds"),
    "notification_late": ("seconds",),
    "notification_clock_skew": ("seconds",),
}
"""The options that some faults take besides."""
SKEWED = ("clock_skew", "notification_clock_skew")
"""The faults whose `seconds` may be below 0: a clock that is slow."""
LONGEST = 3600
"""Seconds, of a delay and of a period; a notification may be later, and a clock further off."""


def check_options(fault: str, options: Mapping[str, Any]) -> None:
    """Reject unknown and invalid options of a fault.

    Raises:
        ValueError: an option is unknown or invalid; the message names it.
    """
    own = OPTIONS.get(fault, ())
    for name in options:
        if name not in (*own, *COMMON):
            hint = f"it takes {' and '.join(own)}" if own else "it takes none"
            raise ValueError(
                f"{fault} has no option {name!r}; {hint}, and as all faults {', '.join(COMMON)}"
            )
    status, share = options.get("status", 500), options.get("share", 1)
    if not is_whole(status) or not 200 <= status <= 599:
        raise ValueError(f"status {status!r}: a number from 200 to 599 is expected")
    if not _is_number(share) or not 0 <= share <= 1:
        raise ValueError(f"share {share!r}: a number from 0 to 1 is expected")
    if not is_whole(options.get("seed", 1)):
        raise ValueError(f"seed {options['seed']!r}: a whole number is expected")
    requests, host = options.get("requests", 1), options.get("host", "*")
    if not is_whole(requests) or not 0 <= requests <= 1_000_000:
        raise ValueError(f"requests {requests!r}: a number from 0 to 1000000 is expected")
    if not isinstance(host, str) or not host or not host.isprintable():
        raise ValueError(f"host {host!r}: a pattern such as '*.mch.weixin.qq.com' is expected")
    _check_seconds(fault, options.get("seconds", 1))
    try:
        content_of(options.get("body", ""))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"body: text, or what JSON can hold, is expected: {error}") from None


def _check_seconds(fault: str, seconds: Any) -> None:
    most = 10 * 86400 if fault in (*SKEWED, "notification_late") else LONGEST
    least = -most if fault in SKEWED else 0
    if not _is_number(seconds) or not least <= seconds <= most:
        raise ValueError(f"seconds {seconds!r}: a number from {least} to {most} is expected")


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
