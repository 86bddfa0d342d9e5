"""What urllib3 logs by itself, without tokens and without a server's control characters.

urllib3 writes the target of each request into a DEBUG line, and a header that it cannot parse into
a warning. The target of a download has a token that opens the file to anybody.
"""

from __future__ import annotations

import logging
from typing import Any

from ..messages.request import masked_target
from ..utils.display import printable

__all__ = ["install"]

LOGGERS = ("urllib3.connectionpool", "urllib3.connection")
LONGEST = 2000


class MaskFilter(logging.Filter):
    """Masks the arguments of a record; it drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(map(_masked, record.args))
        return True


def _masked(value: Any) -> Any:
    if isinstance(value, str | Exception):
        return printable(masked_target(str(value)), LONGEST)
    return value


MASK = MaskFilter()


def install() -> None:
    """Filter urllib3's loggers; once is enough, and a second time changes nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(MASK)
