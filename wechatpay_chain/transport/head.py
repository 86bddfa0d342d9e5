"""A response's header fields, read strictly and once (RFC 9112, section 5).

http.client hands a header to the parser for mail, which repairs what it does not understand and
takes longer than all else that reading a response needs.
"""

from __future__ import annotations

import http.client
import re
from email.policy import compat32
from typing import Any, BinaryIO

from ..messages.headers import Headers

__all__ = ["Fields", "Malformed", "read_fields"]

LONGEST_LINE = 65536
MOST_LINES = 256
FIELDS = re.compile(
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[^\x00\r\n]*+\r?+\n)*+"  # RFC 9110, section 5.5
)
FIELD = re.compile(r"([^:]+):[ \t]*+([^\r\n]*+)\r?\n")
ENDS = (b"\r\n", b"\n", b"")
SPACE = (b" ", b"\t")
FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""The fields that urllib3 reads a body by."""


class Malformed(http.client.HTTPException):
    """A line of a header is no field."""


class Fields(http.client.HTTPMessage):
    """Header fields in the form in which http.client and urllib3 ask for them.

    Args:
        pairs: names and values, in order.
    """

    policy: Any = compat32

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.defects = []
        self.all = Headers(pairs)

    def get(self, name: str, failobj: Any = None) -> Any:
        """The first value of a field."""
        values = self.all.get_all(name)
        return values[0] if values else failobj

    def items(self) -> list[tuple[str, str]]:
        """The fields that say where a body ends, and how it is coded: urllib3 needs no others."""
        return [pair for pair in self.all.pairs() if pair[0].lower() in FRAMING]

    def is_multipart(self) -> bool:
        return False

    def get_payload(self, *_: Any, **__: Any) -> None:
        """Nothing of a header is left unread."""


def read_fields(source: BinaryIO) -> Fields:
    """Read the fields of a header, up to the empty line that ends it.

    Args:
        source: stands behind the status line.

    Raises:
        http.client.LineTooLong: a line has more than 65,536 bytes.
        Malformed: a line is no field, or there are more than 256.
    """
    lines: list[bytes] = []
    while (line := source.readline(LONGEST_LINE + 1)) not in ENDS:
        if len(line) > LONGEST_LINE:
            raise http.client.LineTooLong("header line")
        if line[:1] in SPACE and lines:  # section 5.2: a fold stands for a space
            lines[-1] = lines[-1].rstrip(b"\r\n") + b" " + line.lstrip(b" \t")
            continue
        lines.append(line)
        if len(lines) > MOST_LINES:
            raise Malformed(f"its header has more than {MOST_LINES} lines")
    block = b"".join(lines)
    if not FIELDS.fullmatch(block):
        raise Malformed("a line of its header is not a name, a colon and a value")
    text = block.decode("latin-1")
    return Fields([(name, value.rstrip(" \t")) for name, value in FIELD.findall(text)])
