"""A merchant's key that never leaves its vault: a KMS, an HSM, or a service signs.

A signer gets the message as it is to be signed, and returns the signature's bytes; base64 and the
`Authorization` are made here. It is asked from within the flow of a call, so in an async call it
may be async. Whatever goes wrong with it is an error before anything is sent.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Generator
from typing import Any, Protocol, TypeGuard, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..flow import Call, Effect, Transport, run, run_async
from ..messages.request import Request
from ..utils.display import extent
from ..utils.exceptions import ConfigurationError, DecryptionError, WeChatPayError
from .credential import Credential

__all__ = ["Signer", "SignerCredential", "is_signer"]

SIZES = (256, 384, 512)
"""Bytes of a signature, and of a ciphertext, with RSA keys of 2048, 3072 and 4096 bits."""
NO_TRANSPORT = cast(Transport, None)  # nothing here is sent


class Signer(Protocol):
    """What `private_key=` takes in place of a key.

    It may also have `decrypt(ciphertext: bytes) -> bytes`, by RSA-OAEP with SHA-1 and MGF1, which
    opens what WeChat Pay encrypts for the merchant.
    """

    def sign(self, message: bytes, /) -> bytes | Awaitable[bytes]:
        """The signature by RSA with SHA-256 and PKCS#1 v1.5, as bytes."""


def is_signer(given: object) -> TypeGuard[Signer]:
    """Whether this is a signer; the keys of `cryptography` have a `sign` of another kind."""
    return (
        callable(getattr(given, "sign", None))
        and not isinstance(given, type)
        and not type(given).__module__.startswith("cryptography.")
    )


class SignerCredential(Credential):
    """A merchant whose signatures somebody else makes.

    Args:
        mchid: the merchant number.
        serial: of the certificate whose key signs.
        signer: signs, and perhaps decrypts.
    """

    __slots__ = ("_signer",)

    def __init__(self, mchid: str, serial: str, signer: Signer) -> None:
        self.mchid = mchid
        self.serial = serial
        self._signer = signer

    def authorizing(self, request: Request) -> Generator[Effect, Any, Request]:
        """The request with its `Authorization`, once the signer has signed."""
        message, finished = self._unsigned(request)
        return finished((yield from self._signature(message)))

    def authorize(self, request: Request, timestamp: str | None = None) -> Request:
        """The request with its `Authorization`, by a signer that blocks."""
        message, finished = self._unsigned(request, timestamp)
        return finished(self.sign(message))

    def sign(self, message: bytes) -> str:
        """The base64 signature of a message, by a signer that blocks."""
        return run(self._signature(message), NO_TRANSPORT)

    async def sign_async(self, message: bytes) -> str:
        """The same on the running event loop; the signer may be async."""
        return await run_async(self._signature(message), NO_TRANSPORT)

    def decrypt(self, ciphertext: str) -> str:
        """The plaintext of a field, by a signer that blocks."""
        return run(self.decrypting(ciphertext), NO_TRANSPORT)

    async def decrypt_async(self, ciphertext: str) -> str:
        """The same on the running event loop; the signer may be async."""
        return await run_async(self.decrypting(ciphertext), NO_TRANSPORT)

    def decrypting(self, ciphertext: str) -> Generator[Effect, Any, str]:
        """The plaintext of a field, once the signer has decrypted.

        Raises:
            DecryptionError: it is damaged, or the signer cannot open it.
            ConfigurationError: the signer decrypts nothing, or is async in a sync call.
        """
        decrypt = getattr(self._signer, "decrypt", None)
        if not callable(decrypt):
            raise ConfigurationError(
                f"private_key is a signer, {_kind(self._signer)}, without a method decrypt("
                "ciphertext): what WeChat Pay encrypts for the merchant cannot be opened"
            )
        try:
            sealed = base64.b64decode(ciphertext, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise DecryptionError(
                f"the ciphertext ({extent(ciphertext)}) is no base64: it is damaged"
            ) from None
        try:
            opened = yield Call(decrypt, sealed)
        except WeChatPayError:
            raise
        except Exception as error:
            raise DecryptionError(
                f"the ciphertext ({extent(ciphertext)}) cannot be opened: private_key.decrypt "
                f"raised {type(error).__name__}"
            ) from error
        text = _text(opened)
        if text is None:
            raise DecryptionError(
                "private_key.decrypt returned something else than the bytes of a text: the "
                "plaintext in UTF-8 is expected"
            )
        return text

    def owns(self, key: RSAPublicKey) -> bool:
        """Nobody knows the other half of a key in a vault."""
        return False

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes that a ciphertext may have."""
        return SIZES

    def _signature(self, message: bytes) -> Generator[Effect, Any, str]:
        try:
            signature = yield Call(self._signer.sign, message)
        except WeChatPayError:
            raise
        except Exception as error:
            raise ConfigurationError(
                f"private_key.sign raised {type(error).__name__}: nothing was signed, and nothing "
                "was sent"
            ) from error
        if isinstance(signature, bytes | bytearray) and len(signature) in SIZES:
            return base64.b64encode(signature).decode()
        shown = f"{extent(signature)}" if isinstance(signature, str | bytes | bytearray) else ""
        raise ConfigurationError(
            f"private_key.sign returned {shown or _kind(signature)}: the {SIZES[0]} bytes of an "
            "RSA signature are expected (SHA-256, PKCS#1 v1.5; not base64, not its digest). "
            "Nothing was sent"
        )


def _kind(thing: object) -> str:
    return f"an object of type {type(thing).__name__}"


def _text(opened: object) -> str | None:
    if not isinstance(opened, bytes | bytearray):
        return None
    try:
        return opened.decode()
    except UnicodeDecodeError:
        return None
