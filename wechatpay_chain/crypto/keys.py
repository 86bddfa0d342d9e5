"""Loading keys and certificates, in whatever form a merchant has them.

A key or certificate may be given as

* a path (`str` or `Path`) or a `file://` URI,
* PEM text or bytes, or DER bytes,
* the bare base64 body with its scheme: `private.pkcs8://`, `private.pkcs1://`, `public.spki://`,
  `public.pkcs1://`,
* an object of `cryptography`.

No message of this module repeats what it was given: that may be a secret.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeGuard
from urllib.parse import unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography import x509

__all__ = [
    "KeySource",
    "holds_certificate",
    "is_certificate",
    "kind_of",
    "private_key",
    "public_key",
    "read",
]

KeySource: TypeAlias = (
    "str | bytes | os.PathLike[str] | RSAPrivateKey | RSAPublicKey | x509.Certificate"
)

SCHEMES = ("private.pkcs8://", "private.pkcs1://", "public.spki://", "public.pkcs1://")


def private_key(source: KeySource, name: str = "private_key") -> RSAPrivateKey:
    """The RSA private key in `source`.

    Raises:
        ConfigurationError: it is none, or is encrypted, or is not RSA.
    """
    if isinstance(source, RSAPrivateKey):
        return source
    key = None
    if isinstance(source, str | bytes | os.PathLike):
        from cryptography.hazmat.primitives import serialization  # brings SSH's formats along

        data = read(source, name)
        try:
            if data.lstrip().startswith(b"-----"):
                key = serialization.load_pem_private_key(data, None)
            else:
                key = serialization.load_der_private_key(data, None)
        except TypeError:
            raise ConfigurationError(
                f"{name} is encrypted with a passphrase; decrypt it first "
                "(openssl pkcs8 -in encrypted.pem -out apiclient_key.pem) or pass a key object"
            ) from None
        except (ValueError, UnsupportedAlgorithm):
            raise ConfigurationError(
                f"{name} is not a private key: expected is the merchant's apiclient_key.pem "
                "(PKCS#8 or PKCS#1)"
            ) from None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"{name} must be an RSA private key, not {kind_of(key or source)}")
    return key


def public_key(source: KeySource, name: str = "certs") -> RSAPublicKey:
    """The RSA public key in `source`: a public key, or an X.509 certificate's.

    Raises:
        ConfigurationError: it is neither, or is not RSA.
    """
    if isinstance(source, RSAPublicKey):
        return source
    key: object = source
    if is_certificate(source):
        key = _certified(source, name)
    elif isinstance(source, str | bytes | os.PathLike):
        from cryptography.hazmat.primitives import serialization

        data = read(source, name)
        try:
            if holds_certificate(data):
                key = _certified(data, name)
            elif data.lstrip().startswith(b"-----"):
                key = serialization.load_pem_public_key(data)
            else:
                key = _der_public(data, name)
        except (ValueError, UnsupportedAlgorithm):
            raise ConfigurationError(
                f"{name} is not a public key: expected is WeChat Pay's pub_key.pem "
                "or a platform certificate"
            ) from None
    if not isinstance(key, RSAPublicKey):
        raise ConfigurationError(f"{name} must be an RSA public key, not {kind_of(key)}")
    return key


def holds_certificate(data: bytes) -> bool:
    """Whether this is a certificate in PEM."""
    return b"-----BEGIN CERTIFICATE" in data


def is_certificate(source: object) -> TypeGuard[x509.Certificate]:
    """Whether this is a certificate as an object."""
    # By name, because loading cryptography.x509 takes longer than the rest of this package.
    return type(source).__name__ == "Certificate"


def _certified(source: KeySource, name: str) -> object:
    from .certificate import certificate

    return certificate(source, name).public_key()


def _der_public(data: bytes, name: str) -> object:
    from cryptography.hazmat.primitives import serialization

    try:
        return serialization.load_der_public_key(data)
    except ValueError:
        return _certified(data, name)


def read(source: str | bytes | os.PathLike[str], name: str) -> bytes:
    """The bytes that a path, URI, or text stands for.

    Raises:
        ConfigurationError: there is no such file, or no base64 behind a scheme.
    """
    if isinstance(source, bytes):
        return source
    if isinstance(source, str):
        if source.lstrip().startswith("-----"):
            return source.encode()
        for scheme in SCHEMES:
            if source.startswith(scheme):
                return _base64(source.removeprefix(scheme), name)
        if source.startswith("file://"):
            local = unquote(urlsplit(source).path)
            source = local.lstrip("/") if os.name == "nt" else local  # file:///C:/…
    path = Path(source)
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        # A key's base64 body, given without its scheme, ends up here as well: show no more of
        # the name than its extension vouches for.
        shown = f" {path.name!r}" if path.suffix and len(path.name) < 100 else ""
        reason = getattr(error, "strerror", None) or "no such file"
        raise ConfigurationError(
            f"{name}: cannot read the file{shown} ({reason}). A key may also be given as PEM "
            f"text, or as its base64 body behind one of {' '.join(SCHEMES)}"
        ) from None


def _base64(body: str, name: str) -> bytes:
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(f"{name}: what follows the scheme is not base64") from None


def kind_of(thing: object) -> str:
    """What a thing is, for an error: never its content."""
    return type(thing).__name__.lstrip("_")
