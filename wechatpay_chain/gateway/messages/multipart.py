"""Parses the form of an upload: a few named parts, one of them a file.

The parser is strict: it decodes nothing, a name occurs once, and it counts the parts before it
reads the first one.

Sources: RFC 7578 (multipart/form-data); RFC 2046, section 5.1.1 (boundaries)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from .exchange import File

__all__ = ["Form", "TooManyParts", "boundary_of", "parse"]

PARTS = 10
"""Maximum number of parts of a form; APIv3's uploads have two, APIv2's one for each field."""
LONGEST_HEAD = 8 * 1024
"""Maximum bytes of the headers of a part."""
LONGEST_BOUNDARY = 70
"""Maximum characters of a boundary (RFC 2046)."""
PLAIN = ("", "7bit", "8bit", "binary")
"""Transfer encodings that do not change the content."""

PARAMETER = re.compile(r';\s*([\w*-]+)=(?:"((?:[^"\\]++|\\.)*+)"|"([^"]*)"|([^;"\s]*))', re.ASCII)
"""Some clients escape a quote as `\\"`; others, like browsers, send a backslash unescaped."""
BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]", re.ASCII)


class TooManyParts(ValueError):
    """Raised if a form has too many parts."""


@dataclass(slots=True)
class Form:
    """The content of a form.

    Attributes:
        fields: parts that are not files.
        file: part that is a file.
    """

    fields: dict[str, bytes] = field(default_factory=dict)
    file: File | None = None


def boundary_of(content_type: str, content: bytes = b"") -> bytes:
    """Return the boundary of a `Content-Type`; without one, that at the start of the form.

    WeChat Pay accepts uploads of clients that omit the parameter, such as wechatpayv3.

    Raises:
        ValueError: the boundary is missing or invalid.
    """
    boundary = _parameters(content_type).get("boundary")
    if boundary is None:
        first, line_end, _ = content[: LONGEST_BOUNDARY + 4].partition(b"\r\n")
        delimited = line_end and first.startswith(b"--")
        boundary = first[2:].decode("latin-1") if delimited else ""
    if not BOUNDARY.fullmatch(boundary):
        raise ValueError("the form's boundary is missing or invalid")
    return boundary.encode()


def parse(content: bytes, boundary: bytes) -> Form:
    """Parse the parts of a form.

    Raises:
        TooManyParts: the form has more than `PARTS` parts.
        ValueError: the form is truncated or invalid.
    """
    pieces = (b"\r\n" + content).split(b"\r\n--" + boundary, PARTS + 1)[1:]
    form = Form()
    for index, piece in enumerate(pieces):
        if piece.startswith(b"--"):
            return form
        if index == PARTS:
            raise TooManyParts(f"the form has more than {PARTS} parts")
        _take(piece, form)
    raise ValueError("the form is truncated")


def _take(piece: bytes, form: Form) -> None:
    padding, line_end, rest = piece.partition(b"\r\n")
    if padding.strip(b" \t") or not line_end:
        raise ValueError("a boundary is followed by something else than a part")
    at = rest.find(b"\r\n\r\n", 0, LONGEST_HEAD)
    if at < 0:
        raise ValueError("a part has no header, or too long a one")
    disposition = _disposition(rest[:at].decode())
    name, body = disposition.get("name"), rest[at + 4 :]
    if not name:
        raise ValueError("a part has no name")
    filename = disposition.get("filename", disposition.get("filename*"))
    if filename is not None and name != "meta":
        if form.file is not None:
            raise ValueError("the form has two files")
        form.file = File(filename, body)
    elif name in form.fields:
        raise ValueError("the form has two parts of one name")
    else:
        form.fields[name] = body


def _disposition(head: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-disposition":
            found = _parameters(value)
        elif name.lower() == "content-transfer-encoding" and value.strip().lower() not in PLAIN:
            raise ValueError("a part is encoded for its transfer")
    return found


def _parameters(value: str) -> dict[str, str]:
    found = {}
    for name, quoted, plain, token in PARAMETER.findall(value):
        text = re.sub(r"\\([\"\\])", r"\1", quoted) if quoted else plain or token
        if name.endswith("*"):  # RFC 8187; all clients use UTF-8
            text = unquote(text.rpartition("'")[2], errors="strict")
        found[name.lower()] = text
    return found
