"""Support for keys that never leave a vault: a KMS, an HSM or a service signs.

A signer receives the message to sign and returns the raw signature; this module encodes it in
base64 and builds the `Authorization` header. The signer is called within the flow of a call. In an
async call it may therefore be async, and the client's deadline applies to it. Any failure of the
signer raises an error before anything is sent.
"""

from __future__ import annotations

import base64
import binascii
import functools
import time
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ..flow import Call, Effect, Transport, run, run_async
from ..messages import canonical
from ..messages.request import Request, TransportTimeout
from ..utils.display import extent
from ..utils.exceptions import ConfigurationError, DecryptionError, WeChatPayError
from ..utils.secret import Secret
from ..utils.translation import _
from .credential import Credential, signed_message

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["Signer", "SignerCredential", "is_signer", "signer_credential"]

SIZES = (256, 384, 512)
"""Lengths in bytes of a signature and a ciphertext for RSA keys of 2048, 3072 and 4096 bits."""
NO_TRANSPORT = cast(Transport, None)  # no request is sent here


class Signer(Protocol):
    """The interface of an object that `private_key=` accepts instead of a key.

    It may also have these members:

    * `decrypt(ciphertext: bytes) -> bytes`, by RSA-OAEP with SHA-1 and MGF1, which decrypts what
      WeChat Pay encrypts for the merchant;
    * `sign_async` and `decrypt_async`, which async calls use instead;
    * `certificate`, the merchant's certificate in any form that a client accepts. It is read if
      `serial` is omitted.
    """

    def sign(self, message: bytes, /) -> bytes | Awaitable[bytes]:
        """Return the raw signature by RSA with SHA-256 and PKCS#1 v1.5."""


def is_signer(given: object) -> TypeGuard[Signer]:
    """Return whether a value is a signer; keys of `cryptography` have a different `sign`."""
    return (
        callable(getattr(given, "sign", None))
        and not isinstance(given, type)
        and not type(given).__module__.startswith("cryptography.")
    )


def signer_credential(mchid: str, serial: str | None, signer: Signer) -> SignerCredential:
    """Return the credential for a signer.

    Args:
        mchid: the merchant ID.
        serial: the serial number of the merchant's certificate; by default that of
            `signer.certificate`.
        signer: signs and optionally decrypts.

    Raises:
        ConfigurationError: there is neither a serial number nor a certificate, or one is invalid.
    """
    if serial is not None:
        return SignerCredential(mchid, serial, signer)
    given = getattr(signer, "certificate", None)
    if given is None:
        raise ConfigurationError(
            _("serial is missing: private_key is a signer without a certificate to read it from")
        )
    from ..crypto.certificate import certificate, certificate_serial  # slow to load

    own = certificate(given, "private_key.certificate")
    return SignerCredential(mchid, certificate_serial(own), signer, own)


class SignerCredential(Credential):
    """A merchant's credential with an external signer.

    Args:
        mchid: the merchant ID.
        serial: the serial number of the signing key's certificate.
        signer: signs and optionally decrypts.
        certificate: the merchant's certificate, if it was read.
    """

    __slots__ = ("_signer", "certificate")

    def __init__(
        self,
        mchid: str,
        serial: str,
        signer: Signer,
        certificate: x509.Certificate | None = None,
    ) -> None:
        self.mchid = mchid
        self.serial = serial
        self.certificate = certificate
        self._signer = signer

    def authorizing(self, request: Request) -> Generator[Effect, Any, Request]:
        """Return the request with its `Authorization` header, after the signer has signed."""
        stamp, nonce = canonical.timestamp(), canonical.nonce()
        signature = yield from self._signature(signed_message(request, stamp, nonce), request)
        return self.authorized(request, stamp, nonce, signature)

    def sign(self, message: bytes) -> str:
        """Sign a message with a sync signer; returns base64."""
        return run(self._signature(message), NO_TRANSPORT)

    async def sign_async(self, message: bytes) -> str:
        """Async variant of `sign`; the signer may be async."""
        return await run_async(self._signature(message), NO_TRANSPORT)

    def decrypt(self, ciphertext: str) -> str:
        """Decrypt a field with a sync signer."""
        return run(self.decrypting(ciphertext), NO_TRANSPORT)

    async def decrypt_async(self, ciphertext: str) -> str:
        """Async variant of `decrypt`; the signer may be async."""
        return await run_async(self.decrypting(ciphertext), NO_TRANSPORT)

    def decrypting(self, ciphertext: str) -> Generator[Effect, Any, str]:
        """Decrypt a field with the signer, as part of a flow.

        Raises:
            DecryptionError: the field is damaged, or the signer cannot decrypt it.
            ConfigurationError: the signer does not support decryption, or is async in a sync call.
        """
        decrypt = getattr(self._signer, "decrypt", None)
        if not callable(decrypt):
            raise ConfigurationError(
                _(
                    "private_key is a signer, {kind}, without a method decrypt(ciphertext): it "
                    "cannot decrypt data that WeChat Pay encrypted for the merchant",
                    kind=_kind(self._signer),
                )
            )
        try:
            sealed = base64.b64decode(ciphertext, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise DecryptionError(
                _(
                    "the ciphertext ({extent}) is not base64: it is damaged",
                    extent=extent(ciphertext),
                )
            ) from None
        try:
            opened = yield Call(
                _hiding(decrypt), sealed, twin=_hiding_async(self._twin("decrypt_async") or decrypt)
            )
        except WeChatPayError:
            raise
        except Exception as error:
            raise DecryptionError(
                _(
                    "the ciphertext ({extent}) cannot be decrypted: private_key.decrypt raised "
                    "{type}",
                    extent=extent(ciphertext),
                    type=type(error).__name__,
                )
            ) from error
        text = Secret(_text(opened.reveal()))
        if text.reveal() is None:
            raise DecryptionError(
                _(
                    "private_key.decrypt did not return text as bytes: expected the plaintext in "
                    "UTF-8"
                )
            )
        return str(text.reveal())

    def owns(self, key: RSAPublicKey) -> bool:
        """Return False: the public key of a key in a vault is unknown."""
        return False

    @property
    def sizes(self) -> tuple[int, ...]:
        """The possible lengths of a ciphertext in bytes."""
        return SIZES

    def _twin(self, name: str) -> Callable[..., Any] | None:
        method = getattr(self._signer, name, None)
        return method if callable(method) else None

    def _signature(
        self, message: bytes, request: Request | None = None
    ) -> Generator[Effect, Any, str]:
        deadline = None if request is None else request.deadline
        twin = self._twin("sign_async")
        try:
            signature = yield Call(self._signer.sign, message, twin=twin, deadline=deadline)
        except WeChatPayError:
            raise
        except TimeoutError as error:
            if deadline is None or time.monotonic() < deadline:
                raise _raised(error) from error
            raise TransportTimeout(
                _(
                    "{request}: private_key.sign did not return before the call's deadline "
                    "(deadline= in seconds for all attempts). Nothing was sent",
                    request=request,
                ),
                request,
                sent=False,
            ) from None
        except Exception as error:
            raise _raised(error) from error
        if isinstance(signature, bytes | bytearray) and len(signature) in SIZES:
            return base64.b64encode(signature).decode()
        shown = f"{extent(signature)}" if isinstance(signature, str | bytes | bytearray) else ""
        raise ConfigurationError(
            _(
                "private_key.sign returned {value}: expected the {sizes} bytes of an RSA "
                "signature (SHA-256, PKCS#1 v1.5; neither base64 nor a digest). Nothing was sent",
                value=shown or _kind(signature),
                sizes=SIZES[0],
            )
        )


def _hiding(decrypt: Callable[..., Any]) -> Callable[[bytes], Any]:
    """Wrap a signer's method so that no traceback shows the plaintext it returns to a driver."""

    @functools.wraps(decrypt)
    def hidden(sealed: bytes) -> Any:
        opened = Secret(decrypt(sealed))
        return opened.reveal() if hasattr(opened.reveal(), "__await__") else opened

    return hidden


def _hiding_async(decrypt: Callable[..., Any]) -> Callable[[bytes], Any]:
    """Return the same for async calls, in which the method may be async."""

    async def hidden(sealed: bytes) -> Secret[Any]:
        opened = Secret(decrypt(sealed))
        return Secret(await opened.reveal()) if hasattr(opened.reveal(), "__await__") else opened

    return hidden


def _raised(error: Exception) -> ConfigurationError:
    return ConfigurationError(
        _(
            "private_key.sign raised {type}: nothing was signed or sent",
            type=type(error).__name__,
        )
    )


def _kind(thing: object) -> str:
    return _("an object of type {type}", type=type(thing).__name__)


def _text(opened: object) -> str | None:
    if not isinstance(opened, bytes | bytearray):
        return None
    try:
        return opened.decode()
    except UnicodeDecodeError:
        return None
