"""Digests, and the two methods for an APIv2 `sign`.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011985891
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _

__all__ = ["HMAC_SHA256", "MD5", "equals", "hexdigest", "hmac_sha256", "md5", "sign"]

MD5: Final = "MD5"
HMAC_SHA256: Final = "HMAC-SHA256"


def md5(
    text: str | bytes | Secret[str], key: str | Secret[str] = "", *, agency: bool = False
) -> str:
    """Return the MD5 of a text, with `&key=` and the key appended if there is one, in hex.

    Args:
        text: the text to hash.
        key: the APIv2 key, or an empty string.
        agency: append `&secret=` instead of `&key=`, for WeCom's `workwx_sign` with the agency's
            secret.
    """
    key = hide(key)
    name = b"&secret=" if agency else b"&key="
    return hashlib.md5(
        _bytes(reveal(text)) + (name + _encoded(key) if key else b""), usedforsecurity=False
    ).hexdigest()


def hmac_sha256(text: str | bytes, key: str | Secret[str]) -> str:
    """Return the HMAC-SHA256 of the text with `&key=` and the key appended, in lower-case hex."""
    key = hide(key)
    return hmac.new(
        _encoded(key), _bytes(text) + b"&key=" + _encoded(key), hashlib.sha256
    ).hexdigest()


def sign(sign_type: str, text: str | bytes, key: str | Secret[str]) -> str:
    """Return an APIv2 `sign`, in upper-case hex.

    Args:
        sign_type: `MD5` or `HMAC-SHA256`.
        text: the fields, joined by `canonical.fields`.
        key: the APIv2 key.

    Raises:
        ConfigurationError: `sign_type` has another value, or the key is empty.
    """
    key = hide(key)
    if not key:
        raise ConfigurationError(_("secret is missing: APIv2 signs with the merchant's APIv2 key"))
    if sign_type == MD5:
        return md5(text, key).upper()
    if sign_type == HMAC_SHA256:
        return hmac_sha256(text, key).upper()
    raise ConfigurationError(
        _(
            "sign_type {sign_type!r}: expected {md5!r} or {hmac_sha256!r}",
            sign_type=sign_type,
            md5=MD5,
            hmac_sha256=HMAC_SHA256,
        )
    )


def equals(known: str, given: str | None) -> bool:
    """Compare two digests in constant time; None never matches."""
    return given is not None and hmac.compare_digest(known.encode(), given.encode())


def hexdigest(name: str, data: bytes) -> str:
    """Return a file's digest in lower-case hex.

    Args:
        name: `sha256`, `sha1`, `md5` or `sm3` (GB/T 32905-2016).
        data: the contents of the file.

    Raises:
        ConfigurationError: the name is unknown, or OpenSSL was built without SM3.
    """
    if name == "sm3":
        try:
            digest = hashes.Hash(hashes.SM3())  # not guaranteed in hashlib
        except UnsupportedAlgorithm:
            raise ConfigurationError(_("this build of OpenSSL does not support SM3")) from None
        digest.update(data)
        return digest.finalize().hex()
    if name not in ("sha256", "sha1", "md5"):
        raise ConfigurationError(
            _("digest {name!r}: expected 'sha256', 'sha1', 'md5' or 'sm3'", name=name)
        )
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _encoded(key: Any) -> bytes:
    return str(reveal(key)).encode("utf-8", "surrogatepass")


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
