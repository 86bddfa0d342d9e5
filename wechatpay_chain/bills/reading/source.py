"""Reads the bytes of a bill as text: from a file or GZIP, in blocks of whole lines."""

from __future__ import annotations

import codecs
import hashlib
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .faults import Place

__all__ = ["Block", "blocks"]

PIECE = 1 << 15
"""Bytes. A block of this size fits in the processor's cache; four times as much is slower."""
LONGEST_LINE = 1 << 20
"""Bytes. WeChat Pay's longest rows have a few thousand."""
GZIP = b"\x1f\x8b"
SPREADSHEET = "gb18030"
"""The encoding in which spreadsheets on a Chinese system save CSV; GBK is a subset."""

Block = tuple[int, str]
"""The number of the first line, and whole lines; the last one of a bill may lack its end."""


def blocks(file: BinaryIO, place: Place, digest: hashlib._Hash | None = None) -> Iterator[Block]:
    """Yield the text of a bill in blocks; every line ends with a line feed.

    Args:
        file: a file opened in binary mode, at its beginning.
        place: the bill that errors refer to.
        digest: updated with the bytes of the plain file.

    Raises:
        BillError: the file is not text in UTF-8 or GB18030, a line is longer than 1 MiB, or it is a
            truncated or damaged GZIP file.
    """
    encoding = ""
    for number, data in _whole_lines(_plain(file, place), place):
        if digest is not None:
            digest.update(data)
        if not encoding:
            encoding = _encoding(data, place)
            data = data.removeprefix(codecs.BOM_UTF8)
        yield number, _decoded(data, encoding, number, place)


def _plain(file: BinaryIO, place: Place) -> Iterator[bytes]:
    first = _read(file)
    while 0 < len(first) < len(GZIP) and (more := _read(file)):
        first += more
    if first.startswith(GZIP):
        yield from _inflated(first, file, place)
        return
    while first:
        yield first
        first = _read(file)


def _read(file: BinaryIO) -> bytes:
    data = file.read(PIECE)
    if not isinstance(data, bytes):
        raise ConfigurationError(
            _(
                "A bill must be read in binary mode, but read() returned {type}. Open the file "
                "with mode 'rb', or pass its path.",
                type=type(data).__name__,
            )
        )
    return data


def _inflated(data: bytes, file: BinaryIO, place: Place) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    try:
        while data:
            piece = member.decompress(data, PIECE)
            if piece:
                yield piece
            data = member.unconsumed_tail or member.unused_data
            if member.eof and (data := data or _read(file)):
                member = zlib.decompressobj(wbits=31)  # a file has one or more members
            elif not data and not (data := _read(file)) and not piece:
                break
        if not member.eof:
            raise place.error(_("The GZIP file is incomplete; download the bill again."))
    except zlib.error as error:
        raise place.error(_("The GZIP file is damaged; download the bill again.")) from error


def _whole_lines(pieces: Iterator[bytes], place: Place) -> Iterator[tuple[int, bytes]]:
    rest, number = b"", 1
    for piece in pieces:
        head, newline, tail = piece.rpartition(b"\n")
        if newline:
            yield number, rest + head + newline
            number += head.count(newline) + 1
            rest = tail
        else:
            rest += piece
        if len(rest) > LONGEST_LINE:
            raise place.error(
                _("The line is longer than 1 MiB, so the file is not a bill."), line=number
            )
    if rest:
        yield number, rest


def _encoding(data: bytes, place: Place) -> str:
    """Return the encoding of the header line: Chinese headings are valid in only one of them."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise place.error(
            _(
                "The file is in UTF-16 (“Unicode text” in spreadsheets); use the file that was "
                "downloaded, or save it as CSV in UTF-8."
            ),
            line=1,
        )
    header = data.removeprefix(codecs.BOM_UTF8).partition(b"\n")[0]
    try:
        header.decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8" if data.startswith(codecs.BOM_UTF8) else SPREADSHEET
    return "utf-8"


def _decoded(data: bytes, encoding: str, number: int, place: Place) -> str:
    if b"\0" in data:
        line = number + data.count(b"\n", 0, data.index(b"\0"))
        raise place.error(_("The line has a NUL character; download the bill again."), line=line)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = number + data.count(b"\n", 0, error.start)
        raise place.error(
            _(
                "The line is not {encoding} text: a character is incomplete, or the file was "
                "changed; download the bill again.",
                encoding=encoding.upper(),
            ),
            line=line,
        ) from None
    return text.replace("\r\n", "\n") if b"\r" in data else text
