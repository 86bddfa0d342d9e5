"""X.509 certificates; slow to load, so imported only when needed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from .der import Kind
from .pem import Block

__all__ = ["certificate_serial", "from_pem", "leaf", "parsed", "pem"]

CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----")


def parsed(found: Sequence[Block], name: str) -> list[x509.Certificate]:
    """Return the certificates in blocks, in order; there is at least one.

    Raises:
        ConfigurationError: there is no certificate, or one is damaged.
    """
    chosen = [block for block in found if block.kind is Kind.CERTIFICATE]
    certs = [_parsed(block.der.reveal()) for block in chosen]
    kept = [cert for cert in certs if cert is not None]
    if not kept or len(kept) < len(certs):
        raise ConfigurationError(
            _("{name} is not an X.509 certificate: expected apiclient_cert.pem", name=name)
        )
    return kept


def _parsed(der: bytes) -> x509.Certificate | None:
    try:
        cert = x509.load_der_x509_certificate(der)
        cert.public_key()  # parsing is lazy; these accesses force it
        _ignored = cert.not_valid_before_utc, cert.not_valid_after_utc, cert.subject, cert.issuer
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return cert


def from_pem(text: str) -> x509.Certificate | None:
    """Return the certificate in a text from the network, or None unless it is exactly one in PEM.

    Unlike the loaders above, the function accepts only PEM: it reads no file and no bare key.
    """
    found = CERTIFICATE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        der = base64.b64decode("".join(found[1].split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return _parsed(der)


def pem(cert: x509.Certificate) -> str:
    """Return a certificate in PEM."""
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def leaf(certs: Sequence[x509.Certificate]) -> x509.Certificate:
    """Return the leaf certificate of a chain in any order."""
    if len(certs) == 1:
        return certs[0]
    issuers = {cert.issuer for cert in certs if cert.issuer != cert.subject}
    return next((cert for cert in certs if cert.subject not in issuers), certs[0])


def certificate_serial(cert: x509.Certificate) -> str:
    """Return a certificate's serial number in upper-case hex, as WeChat Pay writes it."""
    digits = f"{cert.serial_number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)
