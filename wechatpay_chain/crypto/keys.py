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
from typing import NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import pkcs12

from ..errors import ConfigurationError

__all__ = [
    "KeySource",
    "Merchant",
    "certificate",
    "certificate_serial",
    "merchant",
    "private_key",
    "public_key",
]

KeySource: TypeAlias = (
    "str | bytes | os.PathLike[str] | RSAPrivateKey | RSAPublicKey | x509.Certificate"
)

SCHEMES = ("private.pkcs8://", "private.pkcs1://", "public.spki://", "public.pkcs1://")


class Merchant(NamedTuple):
    """A merchant's API certificate with its key, for mutual TLS."""

    certificate: x509.Certificate
    private_key: RSAPrivateKey

    def __repr__(self) -> str:
        return f"<Merchant certificate {certificate_serial(self.certificate)}>"


def private_key(source: KeySource, name: str = "private_key") -> RSAPrivateKey:
    """The RSA private key in `source`.

    Raises:
        ConfigurationError: it is none, or is encrypted, or is not RSA.
    """
    if isinstance(source, RSAPrivateKey):
        return source
    key = None
    if isinstance(source, str | bytes | os.PathLike):
        data = _read(source, name)
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
        raise ConfigurationError(f"{name} must be an RSA private key, not {_kind(key or source)}")
    return key


def public_key(source: KeySource, name: str = "certs") -> RSAPublicKey:
    """The RSA public key in `source`: a public key, or an X.509 certificate's.

    Raises:
        ConfigurationError: it is neither, or is not RSA.
    """
    if isinstance(source, RSAPublicKey):
        return source
    key: object = source
    if isinstance(source, str | bytes | os.PathLike):
        data = _read(source, name)
        try:
            if b"-----BEGIN CERTIFICATE" in data:
                key = x509.load_pem_x509_certificate(data)
            elif data.lstrip().startswith(b"-----"):
                key = serialization.load_pem_public_key(data)
            else:
                key = _der_public(data)
        except (ValueError, UnsupportedAlgorithm):
            raise ConfigurationError(
                f"{name} is not a public key: expected is WeChat Pay's pub_key.pem "
                "or a platform certificate"
            ) from None
    if isinstance(key, x509.Certificate):
        key = key.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ConfigurationError(f"{name} must be an RSA public key, not {_kind(key)}")
    return key


def _der_public(data: bytes) -> object:
    try:
        return serialization.load_der_public_key(data)
    except ValueError:
        return x509.load_der_x509_certificate(data)


def certificate(source: KeySource, name: str = "merchant['cert']") -> x509.Certificate:
    """The X.509 certificate in `source`.

    Raises:
        ConfigurationError: it is none.
    """
    if isinstance(source, x509.Certificate):
        return source
    if not isinstance(source, str | bytes | os.PathLike):
        raise ConfigurationError(f"{name} must be an X.509 certificate, not {_kind(source)}")
    data = _read(source, name)
    try:
        if data.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError:
        raise ConfigurationError(
            f"{name} is not an X.509 certificate: expected is apiclient_cert.pem"
        ) from None


def certificate_serial(cert: x509.Certificate) -> str:
    """A certificate's serial number as WeChat Pay writes it: upper-case hex."""
    digits = f"{cert.serial_number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def merchant(source: object, passphrase: str) -> Merchant:
    """The merchant's certificate and key.

    Args:
        source: `{"cert": …, "key": …}`, or an `apiclient_cert.p12` as path, bytes, or
            `{"p12": …, "passphrase": …}`.
        passphrase: of the PKCS#12 file where `source` names none; WeChat Pay sets the mchid.

    Raises:
        ConfigurationError: something is missing, unreadable, or key and certificate do not match.
    """
    if isinstance(source, dict) and "p12" in source:
        passphrase = str(source.get("passphrase") or passphrase)
        source = source["p12"]
    if isinstance(source, dict):
        missing = [part for part in ("cert", "key") if not source.get(part)]
        if missing:
            raise ConfigurationError(f"merchant lacks {' and '.join(map(repr, missing))}")
        pair = Merchant(certificate(source["cert"]), private_key(source["key"], "merchant['key']"))
    elif isinstance(source, str | bytes | os.PathLike):
        pair = _from_pkcs12(source, passphrase)
    else:
        raise ConfigurationError(
            "merchant must be {'cert': …, 'key': …} or the path of an apiclient_cert.p12, "
            f"not {_kind(source)}"
        )
    if pair.certificate.public_key() != pair.private_key.public_key():
        raise ConfigurationError(
            "merchant: the certificate belongs to another key; take both from one download"
        )
    return pair


def _from_pkcs12(source: str | bytes | os.PathLike[str], passphrase: str) -> Merchant:
    data = _read(source, "merchant")
    try:
        key, cert, _ = pkcs12.load_key_and_certificates(data, passphrase.encode())
    except ValueError:
        raise ConfigurationError(
            "merchant is not a PKCS#12 file that its passphrase opens; WeChat Pay sets the mchid "
            "as passphrase, another is given as {'p12': …, 'passphrase': …}"
        ) from None
    if cert is None or not isinstance(key, RSAPrivateKey):
        raise ConfigurationError("merchant: the PKCS#12 file lacks a certificate or an RSA key")
    return Merchant(cert, key)


def _read(source: str | bytes | os.PathLike[str], name: str) -> bytes:
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


def _kind(thing: object) -> str:
    return f"{type(thing).__name__.lstrip('_')}"
