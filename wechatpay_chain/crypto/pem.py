r"""Recognizes key material by its content, in PEM, DER or base64.

Files and variables often contain keys with leading `Bag Attributes`, a byte order mark, line breaks
written as the two characters `\n`, quotes, indentation, a wrong label, or bare base64. This module
converts all of them to DER blocks with their detected kind.

These functions raise no errors. They return what they recognize, so that no traceback contains a
key as a local variable.
Source: RFC 7468 (PEM), RFC 1421 (encrypted PEM of OpenSSL), RFC 4648 (base64).
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from ..utils.secret import Secret
from .der import Kind, kind_of_der

__all__ = ["SCHEMES", "Block", "blocks", "is_content", "tidy"]

SCHEMES = ("private.pkcs8://", "private.pkcs1://", "public.spki://", "public.pkcs1://")

MARK = re.compile(r"-----\s?(BEGIN|END) ([A-Z0-9 ]{1,64})-----")
ESCAPES = re.compile(r"\\+[nrt]?")
"""Line breaks and tabs written as a backslash and a letter, and the backslash of `\\/`."""
BASE64 = re.compile("[A-Za-z0-9+/]+={0,2}")
BODY_START = "MI"
"""The first base64 characters of a SEQUENCE of more than 127 bytes (0x30, 0x81 to 0x84)."""
PEM_START = "LS0tL"
"""The first base64 characters of a base64-encoded PEM file (`-----`)."""
SHORTEST = 64
"""Minimum base64 characters of a key; a shorter text is treated as a name."""


class Block(NamedTuple):
    """One key or certificate.

    Attributes:
        kind: the kind detected from its structure.
        der: its bytes; hidden, because they may be a private key.
    """

    kind: Kind
    der: Secret[bytes]


def blocks(content: Secret[str | bytes]) -> list[Block]:
    """Return all keys and certificates in a content, in order; empty if none are recognized.

    Args:
        content: the text or bytes themselves, never a path.
    """
    given = content.reveal()
    if isinstance(given, bytes):
        if (kind := kind_of_der(given)) is not None:
            return [Block(kind, Secret(given))]
        given = _decoded(given)
    return _blocks_of_text(given)


def is_content(text: str) -> bool:
    """Return whether a text is key material rather than a path."""
    if MARK.search(text):
        return True
    bare = _unquoted(text)
    return bare.startswith(SCHEMES) or _is_base64(_joined(bare))


def tidy(text: str) -> str:
    """Remove invisible characters, and the white space around a text.

    Format characters (U+FEFF, U+200B, U+200E and others) are often copied from web pages; they are
    never part of a number, a key or a path.
    """
    if text.isascii():
        return text.strip()
    return "".join(one for one in text if unicodedata.category(one) != "Cf").strip()


def _blocks_of_text(text: str) -> list[Block]:
    marks = list(MARK.finditer(text))
    if not marks:
        return _bare(_unquoted(text))
    found: list[Block] = []
    for begin, end in pairwise(marks):
        if begin[1] == "BEGIN" and end[1] == "END":
            body = text[begin.end() : end.start()]
            if "Proc-Type" in body and "ENCRYPTED" in body:
                found.append(Block(Kind.ENCRYPTED, Secret(b"")))
            elif block := _block(body):
                found.append(block)
    return found


def _bare(text: str) -> list[Block]:
    """Decode base64 without PEM lines, which contains DER or a complete PEM file."""
    for scheme in SCHEMES:
        text = text.removeprefix(scheme)
    if _joined(text).startswith(PEM_START):
        inner = _decoded(_from_base64(text) or b"")
        return _blocks_of_text(inner) if MARK.search(inner) else []
    block = _block(text)
    return [block] if block else []


def _block(body: str) -> Block | None:
    der = _from_base64(body)
    kind = kind_of_der(der) if der else None
    return Block(kind, Secret(der)) if der and kind else None


def _from_base64(body: str) -> bytes | None:
    text = _joined(body)
    if not text.isascii():
        return None
    text = text.rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _joined(text: str) -> str:
    """Remove white space, escaped line breaks and invisible characters."""
    return "".join(tidy(ESCAPES.sub("", text)).split())


def _is_base64(text: str) -> bool:
    return (
        len(text) >= SHORTEST
        and text.startswith((BODY_START, PEM_START))
        and BASE64.fullmatch(text) is not None
    )


def _unquoted(text: str) -> str:
    return tidy(tidy(text).strip("'\""))


def _decoded(data: bytes) -> str:
    """Decode text in UTF-8, or in UTF-16 (common on Windows), with or without a byte order mark."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    dashes = data.find(b"-\0-")
    if dashes >= 0:
        return data.decode("utf-16-be" if dashes % 2 else "utf-16-le", "replace")
    return data.decode("utf-8-sig", "replace")
