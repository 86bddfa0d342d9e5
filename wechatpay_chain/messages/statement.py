"""APIv3's statements: their signature covers `{"sha1":"…"}`, the SHA-1 of the plain file.

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
    """Whether an answer is signed by its SHA-1."""
    request = response.request
    return (
        request is not None
        and request.method == "GET"
        and SHA1_FIELD in response.headers
        and request.path.lower().endswith(PATHS)
    )


def signed_body(headers: Headers) -> bytes:
    """What stands for a statement's body in the signed string."""
    return f'{{"sha1":"{headers[SHA1_FIELD]}"}}'.encode("utf-8", "replace")


class StatementDigest:
    """SHA-1 of a file that streams past: as it comes and, where it is GZIP, of the plain file."""

    def __init__(self) -> None:
        self._as_it_came = hashlib.sha1(usedforsecurity=False)
        self._plain = hashlib.sha1(usedforsecurity=False)
        self._member: zlib._Decompress | None = zlib.decompressobj(wbits=31)

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._as_it_came.update(data)
        try:
            self._inflate(data)
        except zlib.error:
            self._member = None  # not GZIP, or not to its end: then there is no plain file in it

    def _inflate(self, data: bytes) -> None:
        piece = b""
        while self._member is not None and (data or len(piece) == PIECE):
            if self._member.eof:  # RFC 1952, section 2.2: a file is one member or more
                self._member = zlib.decompressobj(wbits=31)
            piece = self._member.decompress(data, PIECE)
            self._plain.update(piece)
            data = self._member.unused_data or self._member.unconsumed_tail

    def __contains__(self, sha1: str) -> bool:
        """Whether this is the SHA-1, in hex, of the file or of the plain file in it."""
        found = [self._as_it_came.hexdigest()]
        if self._member is not None and self._member.eof:
            found.append(self._plain.hexdigest())
        return sha1.lower() in found
