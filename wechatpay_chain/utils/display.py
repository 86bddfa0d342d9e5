"""Makes external text safe for a message, a log line or a terminal.

An error code, a header or a file name may contain control characters that forge log lines (CR, LF),
control a terminal (ESC and the C1 controls) or reorder text (the bidirectional controls of Unicode,
UAX #9). They are replaced by Python escapes.
"""

from __future__ import annotations

import re
import unicodedata

from .translation import _

__all__ = ["extent", "printable", "printable_json", "represented", "width"]

ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: controls, format characters, surrogates, line and paragraph separators."""

SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
MORE = "…"

BEYOND_ASCII = "[^\x00-\x7e]"
WIDE = ("F", "W")
"""Unicode's classes of characters that take two columns (UAX #11)."""


def printable(text: object, limit: int = 300) -> str:
    """Return a text of limited length with control, format and surrogate characters escaped.

    Args:
        text: a str; bytes are decoded as UTF-8; other values are converted with `str`.
        limit: maximum number of characters; a longer text is cut and ends in `…`.
    """
    whole = _text(text, limit)
    if len(whole) <= limit and whole.isprintable():
        return whole
    pieces: list[str] = []
    length = 0
    for character in whole[: limit + 1]:
        piece = _escape(character) if _is_hidden(character) else character
        pieces.append(piece)
        length += len(piece)
    if length <= limit:
        return "".join(pieces)
    while length > limit - len(MORE) and pieces:
        length -= len(pieces.pop())
    return "".join(pieces) + MORE


def represented(value: object, limit: int = 100) -> str:
    """Return the `repr` of a value, printable and limited; its type's name if `repr` fails."""
    try:
        return printable(repr(value), limit)
    except Exception:  # noqa: BLE001 - must not hide the displayed error
        return f"<{type(value).__name__}>"


def extent(given: object) -> str:
    """Return the length of text or bytes; for other values, the type."""
    if isinstance(given, str):
        return _("{count} characters", count=len(given))
    if isinstance(given, bytes | bytearray):
        return _("{count} bytes", count=len(given))
    return _("of type {type}", type=type(given).__name__)


def printable_json(document: str) -> str:
    """Escape such characters in the strings of a JSON document, which keeps its meaning.

    Args:
        document: a result of `json.dumps`, with or without `ensure_ascii`.
    """
    return re.sub(BEYOND_ASCII, _json_escape, document)


def _text(given: object, limit: int) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, bytes):
        return given[: 4 * (limit + 1)].decode("utf-8", "backslashreplace")
    try:
        return str(given)
    except Exception:  # noqa: BLE001 - must not hide the displayed error
        return f"<{type(given).__name__}>"


def _is_hidden(character: str) -> bool:
    if character.isprintable():
        return False
    import unicodedata  # few texts need it

    return unicodedata.category(character) in ESCAPED


def _escape(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:
        return SHORT.get(character) or f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _json_escape(match: re.Match[str]) -> str:
    character = match[0]
    if not _is_hidden(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def width(text: str) -> int:
    """Return the number of terminal columns of a text; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(each) in WIDE else 1 for each in text)
