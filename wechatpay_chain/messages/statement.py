"""Verification of APIv3 statements: the signature covers `{"sha1":"…"}`, the plain file's SHA-1.

Source: https://pay.weixin.qq.com/doc/global/v3/zh/4013014227
"""

from __future__ import annotations

import hashlib
import zlib

from .headers import Headers
from .response import Response

__all__ = ["SHA1_FIELD", "StatementDigest", "is_statement", "signed_body"]

PATHS = ("/hk/v3/statements", "/v3/global/statements")
SHA1_FIELD = "Wechatpay-Statement-Sha1"
PIECE = 1 << 20


def is_statement(response: Response) -> bool:
    """Return whether a response is signed by the SHA-1 of its file."""
    request = response.request
    return (
        request is not None
        and request.method == "GET"
        and SHA1_FIELD in response.headers
        and request.path.lower().endswith(PATHS)
    )


def signed_body(headers: Headers) -> bytes:
    """Return the text that replaces a statement's body in the signed text."""
    return f'{{"sha1":"{headers[SHA1_FIELD]}"}}'.encode("utf-8", "replace")


class StatementDigest:
    """SHA-1 of a streamed file: of the received bytes and, for GZIP, of the decompressed file."""

    def __init__(self) -> None:
        self._as_it_came = hashlib.sha1(usedforsecurity=False)
        self._plain = hashlib.sha1(usedforsecurity=False)
        self._member: zlib._Decompress | None = zlib.decompressobj(wbits=31)

    def update(self, data: bytes) -> None:
        """Process the next bytes."""
        self._as_it_came.update(data)
        try:
            self._inflate(data)
        except zlib.error:
            self._member = None  # not GZIP, or incomplete: it contains no plain file

    def _inflate(self, data: bytes) -> None:
        piece = b""
        while self._member is not None and (data or len(piece) == PIECE):
            if self._member.eof:  # a GZIP file has one or more members (RFC 1952, section 2.2)
                self._member = zlib.decompressobj(wbits=31)
            piece = self._member.decompress(data, PIECE)
            self._plain.update(piece)
            data = self._member.unused_data or self._member.unconsumed_tail

    def __contains__(self, sha1: str) -> bool:
        """Return whether a hex SHA-1 is that of the file or of the plain file in it."""
        found = [self._as_it_came.hexdigest()]
        if self._member is not None and self._member.eof:
            found.append(self._plain.hexdigest())
        return sha1.lower() in found
