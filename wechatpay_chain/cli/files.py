"""Reads files and standard input; text must be UTF-8."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from ..utils.translation import _
from .failure import Misuse
from .wording import shown

__all__ = ["STANDARD_INPUT", "decoded", "read_bytes", "read_text"]

STANDARD_INPUT = "-"
LARGEST = 64 * 1024 * 1024
"""Bytes that are read."""


def read_text(path: Path | str) -> str:
    """Return the text of a file.

    Args:
        path: path of the file; `-` is standard input.

    Raises:
        Misuse: the file cannot be read, begins with a byte order mark, or is not UTF-8.
    """
    return decoded(read_bytes(path), str(path))


def read_bytes(path: Path | str) -> bytes:
    """Return the content of a file.

    Args:
        path: path of the file; `-` is standard input.

    Raises:
        Misuse: the file cannot be read, or is too large.
    """
    if str(path) == STANDARD_INPUT:
        content = sys.stdin.buffer.read(LARGEST + 1)
    else:
        try:
            with Path(path).open("rb") as file:
                content = file.read(LARGEST + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise Misuse(
                _("{path} cannot be read: {reason}", path=shown(str(path)), reason=reason)
            ) from None
    if len(content) > LARGEST:
        raise Misuse(
            _("{path} has more than {largest} bytes", path=shown(str(path)), largest=LARGEST)
        )
    return content


def decoded(content: bytes, name: str) -> str:
    """Decode UTF-8.

    Args:
        content: content of a file.
        name: name of the file, for errors.

    Raises:
        Misuse: the content begins with a byte order mark, or is not UTF-8.
    """
    if content.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)):
        raise Misuse(
            _(
                "{name} begins with a byte order mark (BOM): save it as UTF-8 without a BOM",
                name=shown(name),
            )
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Misuse(
            _(
                "{name} is not valid UTF-8 at byte {start}: save it as UTF-8",
                name=shown(name),
                start=error.start,
            )
        ) from None
