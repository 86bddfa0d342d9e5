"""Writes a received bill to its part file: decrypts, unpacks, hashes and limits it.

WeChat Pay's digest is that of the plain file: the file is first decrypted, then unpacked. Sources:
https://pay.weixin.qq.com/doc/v3/merchant/4013071235 (`hash_value`),
https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter6_1_29.shtml (decrypt, then unpack)
"""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Callable
from typing import BinaryIO

from ...crypto.aes import GCMOpening
from ...utils.exceptions import BillError
from ...utils.translation import _

__all__ = ["MAX_SIZE", "Unpacked"]

MAX_SIZE = 20 * 1024**3
"""Default maximum bytes of a plain file: WeChat Pay splits bills at 16 GB."""
RATIO = 200
"""Maximum ratio of unpacked to packed size; bills have 5 to 20."""
UNSUSPECTED = 64 * 1024**2
"""Bytes that a file may have regardless of the ratio."""
PIECE = 1024**2
MAGIC = b"\x1f\x8b"


class Unpacked:
    """The sink for a bill; it supports a restart.

    Attributes:
        received: bytes of the body.
        size: bytes of the plain file.

    Args:
        file: the part file.
        base: bytes in it to keep; the plain bytes follow them.
        opening: creates the decryptor; None if the file is not encrypted.
        largest: maximum bytes of the part file.
        heard: called after each block with the received bytes and the bytes of the part file.
        name: the name of the bill, for error messages.
    """

    def __init__(
        self,
        file: BinaryIO,
        base: int,
        opening: Callable[[], GCMOpening] | None,
        largest: int,
        heard: Callable[[int, int], None],
        name: str,
    ) -> None:
        self.name = name
        self._file = file
        self._base = base
        self._new_opening = opening
        self._largest = largest
        self._heard = heard
        self._restart()

    def _restart(self) -> None:
        self._file.seek(self._base)
        self._file.truncate(self._base)
        self._opening = self._new_opening() if self._new_opening is not None else None
        self._digest = hashlib.sha1(usedforsecurity=False)
        self._begin = b""  # until it is known whether the bill is packed
        self._is_plain = False
        self._member: zlib._Decompress | None = None
        self.received = 0
        self.size = 0

    # The interface of an empty file that grows.

    def seekable(self) -> bool:
        """Return True: the sink supports a restart."""
        return True

    def tell(self) -> int:
        """Return the position, which is always the end."""
        return self.received

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Do nothing; `truncate` restarts."""
        return self.received if whence == os.SEEK_END else offset

    def truncate(self, size: int) -> int:
        """Restart.

        Raises:
            OSError: bytes would remain.
        """
        if size:
            raise io.UnsupportedOperation(_("the download can only restart or continue"))
        self._restart()
        return 0

    def flush(self) -> None:
        """Flush the buffered bytes."""
        self._file.flush()

    def write(self, chunk: bytes) -> int:
        """Process the next bytes of the body.

        Raises:
            BillError: they are not GZIP, or the file becomes too large.
        """
        self.received += len(chunk)
        self._take(chunk if self._opening is None else self._opening.update(chunk))
        self._heard(self.received, self._base + self.size)
        return len(chunk)

    # The methods for the download.

    @property
    def sha1(self) -> str:
        """The hex SHA-1 of the plain file so far."""
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Check that the body is complete.

        Raises:
            BillError: the body is truncated, or its tag does not match.
        """
        if self._opening is not None and not self._opening.is_genuine():
            raise BillError(
                _(
                    "the encrypted file ({received} bytes) cannot be decrypted with the key and "
                    "nonce of its response: it is incomplete, was changed, or is another part",
                    received=self.received,
                )
            )
        if self._begin:
            self._emit(self._begin)
        if self._member is not None and not self._member.eof:
            raise BillError(
                _(
                    "the compressed file ({received} bytes) ends in the middle of its GZIP data: "
                    "it is incomplete",
                    received=self.received,
                )
            )

    def _take(self, data: bytes) -> None:
        if self._is_plain:
            self._emit(data)
        elif self._member is not None:
            self._unpack(data)
        else:
            self._begin += data
            if len(self._begin) < len(MAGIC):
                return
            data, self._begin = self._begin, b""
            self._is_plain = not data.startswith(MAGIC)
            if self._is_plain:
                self._emit(data)
            else:
                self._member = zlib.decompressobj(wbits=31)
                self._unpack(data)

    def _unpack(self, data: bytes) -> None:
        piece = b""
        while self._member is not None and (data or len(piece) == PIECE):
            if self._member.eof:  # a file has one or more members (RFC 1952, section 2.2)
                self._member = zlib.decompressobj(wbits=31)
            try:
                piece = self._member.decompress(data, PIECE)
            except zlib.error as error:
                raise BillError(
                    _(
                        "the GZIP data of the compressed file is damaged before byte {received}: "
                        "{error}",
                        received=self.received,
                        error=error,
                    )
                ) from None
            self._emit(piece)
            data = self._member.unused_data or self._member.unconsumed_tail

    def _emit(self, data: bytes) -> None:
        self.size += len(data)
        if self._base + self.size > self._largest:
            raise BillError(
                _(
                    "the bill is larger than max_size={largest} bytes",
                    largest=self._largest,
                )
            )
        if self.size > max(UNSUSPECTED, RATIO * self.received):
            raise BillError(
                _(
                    "the compressed file expands to more than {ratio} times its size, so it is "
                    "not a bill",
                    ratio=RATIO,
                )
            )
        self._digest.update(data)
        self._file.write(data)
