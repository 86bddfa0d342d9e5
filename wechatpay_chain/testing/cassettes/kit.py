"""The keys of played responses: WeChat Pay's for this process, and the client's own."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ...crypto import rsa
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .. import own_keys

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from ...client import WeChatPay

__all__ = ["Kit", "certificate", "merchant_certificate", "public_key"]

NAME = "wechatpay_chain cassette"
VALID = datetime.timedelta(days=30)
"""Short, because a client prefers the certificate with the latest expiry: never this one."""


class Kit(NamedTuple):
    """The keys for a played response.

    Attributes:
        mchid: the requesting client's merchant ID.
        apiv3_key: the client's APIv3 key; encrypts certificates.
        secret: the client's APIv2 key; signs APIv2 responses. Empty if it has none.
        encrypt: creates a ciphertext for the client's key.
    """

    mchid: str
    apiv3_key: Any
    secret: Any
    encrypt: Callable[[str], str]

    @classmethod
    def of(cls, client: WeChatPay) -> Kit:
        """Return the keys of a client.

        Args:
            client: the requesting client.
        """
        return cls(
            client.mchid,
            client._apiv3_key or own_keys.APIV3_KEY,
            client._secret,
            lambda text: rsa.encrypt(text, _key_of(client)),
        )


def _key_of(client: WeChatPay) -> Any:
    credential: Any = client._credential
    key = getattr(credential, "_private_key", None)
    source = getattr(credential, "certificate", None) if key is None else key.public_key()
    if source is None:
        raise ConfigurationError(
            _(
                "the response has encrypted fields, and the client's public key is unknown: "
                "replay the cassette with its own client(), or pass private_key.certificate"
            )
        )
    return source


@cache
def certificate(number: int = 0) -> x509.Certificate:
    """Return a certificate of the key that signs played responses.

    Args:
        number: distinguishes the certificates in one response.
    """
    return _certificate(f"{NAME} {number}", own_keys.platform_key())


@cache
def merchant_certificate() -> x509.Certificate:
    """Return a certificate of the merchant's test key, for operations with mutual TLS."""
    return _certificate(own_keys.MCHID, own_keys.merchant_key(), int(own_keys.SERIAL, 16))


def _certificate(subject: str, key: RSAPrivateKey, number: int = 0) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number or x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
        .sign(key, hashes.SHA256())
    )


def public_key() -> str:
    """Return the public key that verifies played responses, in PEM."""
    from cryptography.hazmat.primitives import serialization

    return (
        own_keys.platform_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
        .decode()
    )
