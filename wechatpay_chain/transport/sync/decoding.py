"""Content codings: gzip (RFC 1952), and deflate with the header of zlib (RFC 1950) or without."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from ..head import RejectedResponse

__all__ = ["decoded"]

PIECE = 256 * 1024
"""Bytes that are decoded at a time: a few bytes of a body may stand for gigabytes."""
GZIP = 16 + zlib.MAX_WBITS
ZLIB = zlib.MAX_WBITS
RAW = -zlib.MAX_WBITS


def decoded(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Decode a body while it comes.

    Args:
        pieces: of the body.
        coding: `gzip` or `deflate`.

    Raises:
        RejectedResponse: it is not in that coding.
        EOFError: it is not complete.
    """
    decompressor: Any = None
    try:
        for piece in pieces:
            data = piece
            while data:
                if decompressor is None or (decompressor.eof and coding == "gzip"):
                    decompressor = _decompressor(data, coding)  # gzip may have several members
                elif decompressor.eof:
                    raise RejectedResponse(f"something follows its {coding} data")
                yield decompressor.decompress(data, PIECE)
                data = decompressor.unconsumed_tail or decompressor.unused_data
        while decompressor is not None and not decompressor.eof:
            rest = decompressor.decompress(b"", PIECE)
            if not rest:
                raise EOFError(f"its {coding} data is not complete")
            yield rest
    except zlib.error as error:
        raise RejectedResponse(f"its body is not valid {coding} ({error})") from None


def _decompressor(data: bytes, coding: str) -> Any:
    if coding == "gzip":
        return zlib.decompressobj(GZIP)
    has_header = data[0] & 0x0F == zlib.DEFLATED
    return zlib.decompressobj(ZLIB if has_header else RAW)
