"""A bill on its way from the network to its part file: decrypted, unpacked, hashed, bounded.

The digest that WeChat Pay gives is that of the plain file: decrypted first, then unpacked. Sources:
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
"""Bytes of a plain file, unless the caller says otherwise: WeChat Pay divides bills at 16 GB."""
RATIO = 200
"""Times its packed size that a file may have; bills have 5 to 20."""
UNSUSPECTED = 64 * 1024**2
"""Bytes that any file may have."""
PIECE = 1024**2
MAGIC = b"\x1f\x8b"


class Unpacked:
    """What a client streams a body to; a `sink` that can begin anew.

    Attributes:
        received: bytes of the body.
        size: bytes of the plain file.

    Args:
        file: the part file.
        base: bytes of it that stay; the plain bytes follow them.
        opening: makes what decrypts; None where the file is not encrypted.
        largest: bytes that the part file may have.
        heard: is told of every block, as bytes received, and bytes of the part file.
        name: of the bill, for errors.
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
        self._begin = b""  # until it is known whether it is packed
        self._is_plain = False
        self._member: zlib._Decompress | None = None
        self.received = 0
        self.size = 0

    # As of a file that is empty, and grows by what is written.

    def seekable(self) -> bool:
        """It can begin anew."""
        return True

    def tell(self) -> int:
        """Where it stands: always at its end."""
        return self.received

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Nothing happens; `truncate` begins anew."""
        return self.received if whence == os.SEEK_END else offset

    def truncate(self, size: int) -> int:
        """Begin anew.

        Raises:
            OSError: anything is to be left.
        """
        if size:
            raise io.UnsupportedOperation(_("it begins anew, or goes on"))
        self._restart()
        return 0

    def flush(self) -> None:
        """Give what is buffered to the system."""
        self._file.flush()

    def write(self, chunk: bytes) -> int:
        """Take the next bytes of the body.

        Raises:
            BillError: they are not GZIP, or the file becomes too large.
        """
        self.received += len(chunk)
        self._take(chunk if self._opening is None else self._opening.update(chunk))
        self._heard(self.received, self._base + self.size)
        return len(chunk)

    # What it is for.

    @property
    def sha1(self) -> str:
        """Of the plain file so far, in hex."""
        return self._digest.hexdigest()

    def finish(self) -> None:
        """See that the body is complete.

        Raises:
            BillError: the body was cut off, or its tag does not match.
        """
        if self._opening is not None and not self._opening.is_genuine():
            raise BillError(
                _(
                    "the encrypted file ({received} bytes) does not open with the key and nonce "
                    "that came with its address: it was cut off, changed, or is another part",
                    received=self.received,
                )
            )
        if self._begin:
            self._emit(self._begin)
        if self._member is not None and not self._member.eof:
            raise BillError(
                _(
                    "the packed file ({received} bytes) ends within its GZIP: it was cut off",
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
            if self._member.eof:  # RFC 1952, section 2.2: a file is one member or more
                self._member = zlib.decompressobj(wbits=31)
            try:
                piece = self._member.decompress(data, PIECE)
            except zlib.error as error:
                raise BillError(
                    _(
                        "the packed file is damaged GZIP, before byte {received}: {error}",
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
                    "the bill has more than {largest} bytes, which max_size= allows at most",
                    largest=self._largest,
                )
            )
        if self.size > max(UNSUSPECTED, RATIO * self.received):
            raise BillError(
                _(
                    "the packed file unpacks to more than {ratio} times its size, as no bill does",
                    ratio=RATIO,
                )
            )
        self._digest.update(data)
        self._file.write(data)
