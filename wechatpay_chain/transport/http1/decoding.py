"""Content codings: gzip (RFC 1952), and deflate with or without the zlib header (RFC 1950)."""

from __future__ import annotations

import zlib
from typing import Any

from ...utils.translation import _
from ..head import RejectedResponse
from .received import Reading
from .response import Body

__all__ = ["DecodedBody"]

PIECE = 256 * 1024
"""Maximum bytes decoded at a time: a few bytes of a body may expand to gigabytes."""
GZIP = 16 + zlib.MAX_WBITS
ZLIB = zlib.MAX_WBITS
RAW = -zlib.MAX_WBITS


class DecodedBody:
    """Decodes a body while it arrives.

    Args:
        body: the encoded body.
        coding: `gzip` or `deflate`.
    """

    __slots__ = ("_body", "_coding", "_decompressor", "_rest")

    def __init__(self, body: Body, coding: str) -> None:
        self._body = body
        self._coding = coding
        self._decompressor: Any = None
        self._rest = b""

    def read(self) -> Reading[bytes]:
        """Read the next piece; empty at the end of the body.

        Raises:
            RejectedResponse: the body does not have that coding.
            EOFError: the body is incomplete.
        """
        while True:
            data = self._rest or (yield from self._body.read())
            self._rest = b""
            try:
                piece = self._decode(data) if data else self._end()
            except zlib.error as error:
                raise RejectedResponse(
                    _("its body is not valid {coding} ({error})", coding=self._coding, error=error)
                ) from None
            if piece or not data:
                return piece

    def _decode(self, data: bytes) -> bytes:
        decompressor = self._decompressor
        if decompressor is None or (decompressor.eof and self._coding == "gzip"):
            decompressor = self._decompressor = self._begin(data)  # gzip may have several members
        elif decompressor.eof:
            raise RejectedResponse(_("there is data after its {coding} data", coding=self._coding))
        piece: bytes = decompressor.decompress(data, PIECE)
        self._rest = decompressor.unconsumed_tail or decompressor.unused_data
        return piece

    def _begin(self, data: bytes) -> Any:
        if self._coding == "gzip":
            return zlib.decompressobj(GZIP)
        has_header = data[0] & 0x0F == zlib.DEFLATED
        return zlib.decompressobj(ZLIB if has_header else RAW)

    def _end(self) -> bytes:
        """Return the rest to decode after all of the body has arrived."""
        if self._decompressor is None or self._decompressor.eof:
            return b""
        piece: bytes = self._decompressor.decompress(b"", PIECE)
        if not piece:
            raise EOFError(_("its {coding} data is not complete", coding=self._coding))
        return piece
