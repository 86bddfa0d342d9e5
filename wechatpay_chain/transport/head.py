"""Strict parser for the header fields of a response (RFC 9112, section 5).

The standard library uses its email parser, which repairs malformed input and takes longer than the
rest of reading a response.
"""

from __future__ import annotations

import re

from ..messages.headers import Headers
from ..utils.translation import _

__all__ = ["RejectedResponse", "TruncatedResponse", "parse_fields"]

LONGEST_LINE = 65536
MOST_LINES = 256
FOLD = re.compile(r"[ \t]*+\n[ \t]++")
FIELD = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]++):[ \t]*+(.*+)\n", re.MULTILINE)


class RejectedResponse(Exception):
    """A response violates HTTP or a limit."""


class TruncatedResponse(Exception):
    """The connection ended before the body."""


def parse_fields(block: bytes) -> Headers:
    """Parse the fields of a header.

    Args:
        block: the lines with their line ends, without the final empty line.

    Raises:
        RejectedResponse: a line is not a field or is too long, or there are too many.
    """
    lines = block.count(b"\n")
    if lines > MOST_LINES:
        raise RejectedResponse(
            _("its header has more than {most_lines} lines", most_lines=MOST_LINES)
        )
    if len(block) > LONGEST_LINE and max(map(len, block.split(b"\n"))) >= LONGEST_LINE:
        raise RejectedResponse(
            _("a line of its header is longer than {longest_line} bytes", longest_line=LONGEST_LINE)
        )
    text = block.replace(b"\r\n", b"\n").decode("latin-1")
    pairs = FIELD.findall(text)
    if len(pairs) < lines:
        text = FOLD.sub(" ", text)  # section 5.2: a fold is replaced by a space
        pairs = FIELD.findall(text)
    if len(pairs) != text.count("\n") or "\r" in text or "\0" in text:
        raise RejectedResponse(_("a line of its header is not a name, a colon and a value"))
    return Headers(tuple([(name, value.rstrip(" \t")) for name, value in pairs]))
