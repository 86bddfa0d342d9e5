"""Digests, and the two ways to make an APIv2 `sign`.

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
    """MD5 in lower-case hex, of the text and, where there is a key, of `&key=` and the key.

    Args:
        text: what is hashed.
        key: the APIv2 key, or none.
        agency: append `&secret=` instead: WeCom's `workwx_sign`, whose key is the agency's secret.
    """
    key = hide(key)
    name = b"&secret=" if agency else b"&key="
    return hashlib.md5(
        _bytes(reveal(text)) + (name + _encoded(key) if key else b""), usedforsecurity=False
    ).hexdigest()


def hmac_sha256(text: str | bytes, key: str | Secret[str]) -> str:
    """HMAC-SHA256 in lower-case hex, of the text and `&key=` and the key."""
    key = hide(key)
    return hmac.new(
        _encoded(key), _bytes(text) + b"&key=" + _encoded(key), hashlib.sha256
    ).hexdigest()


def sign(sign_type: str, text: str | bytes, key: str | Secret[str]) -> str:
    """An APIv2 `sign`, in upper-case hex.

    Args:
        sign_type: `MD5` or `HMAC-SHA256`.
        text: the fields as `canonical.fields` joins them.
        key: the APIv2 key.

    Raises:
        ConfigurationError: another `sign_type`, or an empty key.
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
            "sign_type {sign_type!r}: expected is {md5!r} or {hmac_sha256!r}",
            sign_type=sign_type,
            md5=MD5,
            hmac_sha256=HMAC_SHA256,
        )
    )


def equals(known: str, given: str | None) -> bool:
    """Whether two digests are the same, in constant time; None never is."""
    return given is not None and hmac.compare_digest(known.encode(), given.encode())


def hexdigest(name: str, data: bytes) -> str:
    """A file's digest in lower-case hex.

    Args:
        name: `sha256`, `sha1`, `md5` or `sm3` (GB/T 32905-2016).
        data: the file's bytes.

    Raises:
        ConfigurationError: another name, or an OpenSSL built without SM3.
    """
    if name == "sm3":
        try:
            digest = hashes.Hash(hashes.SM3())  # not in hashlib's guaranteed set
        except UnsupportedAlgorithm:
            raise ConfigurationError(_("this build of OpenSSL has no SM3")) from None
        digest.update(data)
        return digest.finalize().hex()
    if name not in ("sha256", "sha1", "md5"):
        raise ConfigurationError(
            _("digest {name!r}: expected is 'sha256', 'sha1', 'md5' or 'sm3'", name=name)
        )
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _encoded(key: Any) -> bytes:
    return str(reveal(key)).encode("utf-8", "surrogatepass")


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
