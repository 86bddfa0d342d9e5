"""X.509 certificates and PKCS#12 files. Imported only where there is one: it loads slowly."""

from __future__ import annotations

import os
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12

from ..errors import ConfigurationError
from .keys import KeySource, kind_of, private_key, read

__all__ = ["Merchant", "certificate", "certificate_serial", "merchant"]


class Merchant(NamedTuple):
    """A merchant's API certificate with its key, for mutual TLS."""

    certificate: x509.Certificate
    private_key: RSAPrivateKey

    @property
    def serial(self) -> str:
        """The certificate's serial number."""
        return certificate_serial(self.certificate)

    def __repr__(self) -> str:
        return f"<Merchant certificate {self.serial}>"


def certificate(source: KeySource, name: str = "merchant['cert']") -> x509.Certificate:
    """The X.509 certificate in `source`.

    Raises:
        ConfigurationError: it is none.
    """
    if isinstance(source, x509.Certificate):
        return source
    if not isinstance(source, str | bytes | os.PathLike):
        raise ConfigurationError(f"{name} must be an X.509 certificate, not {kind_of(source)}")
    data = read(source, name)
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
            f"not {kind_of(source)}"
        )
    if pair.certificate.public_key() != pair.private_key.public_key():
        raise ConfigurationError(
            "merchant: the certificate belongs to another key; take both from one download"
        )
    return pair


def _from_pkcs12(source: str | bytes | os.PathLike[str], passphrase: str) -> Merchant:
    data = read(source, "merchant")
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
