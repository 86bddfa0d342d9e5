"""Sensitive fields: names, identity numbers and bank accounts, encrypted for WeChat Pay."""

from __future__ import annotations

from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..crypto import rsa
from ..utils.exceptions import ConfigurationError
from ..utils.secret import hide, reveal
from ..utils.translation import _

__all__ = ["Sensitive"]


class Sensitive:
    """A text that is encrypted with WeChat Pay's key when the request is encoded.

    Args:
        value: the plaintext; at most 214 bytes of UTF-8 for a 2048-bit key.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        value = hide(value)
        if not isinstance(reveal(value), str):
            raise ConfigurationError(
                _(
                    "Sensitive needs a str, not {type}; write numbers as text",
                    type=type(reveal(value)).__name__,
                )
            )
        self._value: str = reveal(value)

    def encrypt(self, key: RSAPublicKey) -> str:
        """Return the ciphertext, in base64."""
        key = hide(key)
        return rsa.encrypt(self._value, key)

    def __copy__(self) -> Sensitive:
        return self

    def __deepcopy__(self, memo: object) -> Sensitive:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            _(
                "a Sensitive cannot be pickled, because that would store its plaintext; create "
                "it where you make the request"
            )
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Sensitive('***')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)
