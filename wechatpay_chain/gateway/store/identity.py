"""Keys and numbers of a merchant, the platform, and an authority for TLS."""

from __future__ import annotations

import datetime
import ipaddress
import secrets
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ...crypto.certificate import certificate_serial
from ...messages import canonical
from ...utils.private_files import readable_file

__all__ = ["Identity", "Platform", "Way", "pem"]

Way = Literal["public_key", "certificate", "public_key_only"]
"""The keys of WeChat Pay that a merchant uses: the public key besides a platform certificate, the
platform certificate, or only the public key."""

VALIDITY = datetime.timedelta(days=5 * 365)


@dataclass(frozen=True, repr=False)
class Platform:
    """One of WeChat Pay's keys, with its two names.

    Attributes:
        key: signs responses, and decrypts values for the platform.
        certificate: the platform certificate of the key.
        public_key_id: the public key id of the key.
    """

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    public_key_id: str

    @cached_property
    def serial(self) -> str:
        """The serial number of the platform certificate."""
        return certificate_serial(self.certificate)


@dataclass(frozen=True, repr=False)
class Identity:
    """The keys and numbers of a merchant, and WeChat Pay's own keys.

    Attributes:
        mchid, appid: the merchant and its app.
        apiv3_key, secret: the two symmetric keys, 32 characters each.
        merchant_key, merchant_certificate: for signatures and mutual TLS.
        platforms: WeChat Pay's keys, newest first; several during a rotation.
        server_key, server_certificate: for the gateway's TLS.
        authority_key, authority: the issuer of all certificates.
        signs_with: which of WeChat Pay's keys the merchant uses.
    """

    mchid: str
    appid: str
    apiv3_key: str
    secret: str
    merchant_key: rsa.RSAPrivateKey
    merchant_certificate: x509.Certificate
    platforms: tuple[Platform, ...]
    server_key: rsa.RSAPrivateKey
    server_certificate: x509.Certificate
    authority_key: rsa.RSAPrivateKey
    authority: x509.Certificate
    signs_with: Way = "public_key"

    @classmethod
    def new(cls) -> Identity:
        """Create a new merchant and platform with fresh keys."""
        with ThreadPoolExecutor() as pool:
            merchant, platform, server, root = pool.map(lambda _: _new_key(), range(4))
        mchid = f"19{secrets.randbelow(10**8):08}"
        authority = _certificate("wechatpay_chain gateway CA", root.public_key(), root, None)
        issuer = authority.subject
        return cls(
            mchid=mchid,
            appid=f"wx{secrets.token_hex(8)}",
            apiv3_key=canonical.nonce(32),
            secret=canonical.nonce(32),
            merchant_key=merchant,
            merchant_certificate=_certificate(mchid, merchant.public_key(), root, issuer),
            platforms=(_platform(platform, root, issuer),),
            server_key=server,
            server_certificate=_certificate("localhost", server.public_key(), root, issuer),
            authority_key=root,
            authority=authority,
        )

    def joined_by(self, mchid: str, appid: str) -> Identity:
        """Create another merchant of the same gateway, with fresh keys of both sides.

        Args:
            mchid: the merchant ID of the merchant.
            appid: the appid of its first app.
        """
        root, issuer = self.authority_key, self.authority.subject
        with ThreadPoolExecutor() as pool:
            key, platform = pool.map(lambda _: _new_key(), range(2))
        certificate = _certificate(mchid, key.public_key(), root, issuer)
        texts = {"apiv3_key": canonical.nonce(32), "secret": canonical.nonce(32)}
        platforms = (_platform(platform, root, issuer),)
        return self.known_as(mchid, appid, key, certificate, texts, platforms)

    def known_as(
        self,
        mchid: str,
        appid: str,
        key: rsa.RSAPrivateKey,
        certificate: x509.Certificate,
        texts: Mapping[str, str],
        platforms: tuple[Platform, ...],
    ) -> Identity:
        """Create another merchant of the same gateway, with given keys.

        Args:
            mchid: the merchant ID of the merchant.
            appid: the appid of its first app.
            key: for the signatures of its requests.
            certificate: the certificate of the key.
            texts: the `apiv3_key` and the `secret`.
            platforms: WeChat Pay's keys for the merchant, the newest first.
        """
        return replace(
            self,
            mchid=mchid,
            appid=appid,
            merchant_key=key,
            merchant_certificate=certificate,
            apiv3_key=texts["apiv3_key"],
            secret=texts["secret"],
            platforms=platforms,
        )

    def rotated(self) -> Identity:
        """Return an identity with a new signing key of the platform; the last one stays valid."""
        new = _platform(_new_key(), self.authority_key, self.authority.subject)
        return replace(self, platforms=(new, self.platforms[0]))

    @cached_property
    def serial(self) -> str:
        """The serial number of the merchant certificate."""
        return certificate_serial(self.merchant_certificate)

    @property
    def platform_key(self) -> rsa.RSAPrivateKey:
        """The current signing key of the platform."""
        return self.platforms[0].key

    @property
    def platform_certificate(self) -> x509.Certificate:
        """The certificate of the current signing key."""
        return self.platforms[0].certificate

    @property
    def public_key_id(self) -> str:
        """The public key id of the current signing key."""
        return self.platforms[0].public_key_id

    @property
    def platform_serial(self) -> str:
        """The certificate serial number of the current signing key."""
        return self.platforms[0].serial

    @property
    def signing_key_name(self) -> str:
        """The name of the merchant's platform key, which signs notifications."""
        return self.platform_serial if self.signs_with == "certificate" else self.public_key_id

    def response_key_name(self, requested: str) -> str:
        """Return the name of the key for a response: a serial number or a public key id.

        The request's `Wechatpay-Serial` selects the key. The default is the platform certificate,
        if the merchant has one.

        Args:
            requested: the request's `Wechatpay-Serial`; can be empty.
        """
        if requested.upper() in self.platform_keys:
            return requested.upper()
        return self.platform_serial if self.has_certificate else self.public_key_id

    @property
    def has_certificate(self) -> bool:
        """Whether the merchant can use a platform certificate."""
        return self.signs_with != "public_key_only"

    @cached_property
    def platform_keys(self) -> dict[str, rsa.RSAPrivateKey]:
        """WeChat Pay's keys by each of their names."""
        return {
            name: platform.key
            for platform in self.platforms
            for name in (platform.public_key_id, platform.serial)
            if self.has_certificate or name == platform.public_key_id
        }

    def server_context(self, public_host: str = "") -> ssl.SSLContext:
        """Return the TLS context of the gateway; client certificates are optional.

        Args:
            public_host: an additional host name or address for the server's certificate.
        """
        certificate = self.server_certificate
        if public_host:
            certificate = _certificate(
                "localhost",
                self.server_key.public_key(),
                self.authority_key,
                self.authority.subject,
                public_host.strip("[]"),
            )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=pem(self.authority).decode())
        with readable_file(pem(certificate) + pem(self.server_key)) as path:
            context.load_cert_chain(path)
        return context

    def __repr__(self) -> str:
        return f"<Identity {self.mchid}>"


def pem(thing: x509.Certificate | rsa.RSAPrivateKey | rsa.RSAPublicKey) -> bytes:
    """Return a certificate or key in PEM format."""
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    if isinstance(thing, rsa.RSAPublicKey):
        return thing.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    return thing.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _platform(key: rsa.RSAPrivateKey, signer: rsa.RSAPrivateKey, issuer: x509.Name) -> Platform:
    name = "wechatpay_chain gateway platform"
    return Platform(
        key=key,
        certificate=_certificate(name, key.public_key(), signer, issuer),
        public_key_id=f"PUB_KEY_ID_0{secrets.randbelow(10**27):027}",
    )


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(
    name: str,
    key: rsa.RSAPublicKey,
    signer: rsa.RSAPrivateKey,
    issuer: x509.Name | None,
    public_host: str = "",
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key)
        .serial_number(int.from_bytes(b"\x5a" + secrets.token_bytes(19)))
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + VALIDITY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(_usage(issuer is None), critical=True)
    )
    if name == "localhost":
        hosts = (name, "127.0.0.1", "::1", *((public_host,) if public_host else ()))
        names = [_general_name(host) for host in hosts]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_encipherment=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
