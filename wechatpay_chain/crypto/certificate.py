"""X.509 certificates and PKCS#12 files; slow to load, so imported only when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, NoReturn

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12

from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _, joined
from .der import Kind
from .keys import KeySource, assert_strong, blocks, is_material, kind_of, private_key
from .pem import tidy
from .x509 import certificate_serial, from_pem, leaf, parsed, pem

__all__ = [
    "MerchantCertificate",
    "certificate",
    "certificate_serial",
    "certificates",
    "from_pem",
    "leaf",
    "merchant",
    "parsed",
    "pem",
]


class MerchantCertificate(NamedTuple):
    """A merchant's API certificate and its private key, for mutual TLS."""

    certificate: x509.Certificate
    private_key: RSAPrivateKey

    @property
    def serial(self) -> str:
        """The certificate's serial number."""
        return certificate_serial(self.certificate)

    def __repr__(self) -> str:
        return f"<Merchant certificate {self.serial}>"


def certificate(source: KeySource, name: str = "merchant['cert']") -> x509.Certificate:
    """Load an X.509 certificate; if `source` contains a chain, the leaf certificate.

    Raises:
        ConfigurationError: `source` contains no certificate.
    """
    return leaf(certificates(source, name))


def certificates(source: KeySource, name: str) -> list[x509.Certificate]:
    """Load all X.509 certificates in `source`, in order; there is at least one.

    Raises:
        ConfigurationError: there is no certificate, or one is damaged.
    """
    if isinstance(source, x509.Certificate):
        return [source]
    source = hide(source)
    if not is_material(source):
        raise ConfigurationError(
            _(
                "{name} must be an X.509 certificate, not {kind_of}",
                name=name,
                kind_of=kind_of(reveal(source)),
            )
        )
    return parsed(blocks(source, name), name)


def merchant(
    source: object, passphrase: str | Secret[str], *, check_key: bool = False
) -> MerchantCertificate:
    """Load the merchant's certificate and private key.

    Args:
        source: `{"cert": …, "key": …}`; an `apiclient_cert.p12` as path, bytes, base64, or
            `{"p12": …, "passphrase": …}`; or a PEM file with certificate and key.
        passphrase: the passphrase of the PKCS#12 file, unless `source` contains it; WeChat Pay uses
            the mchid.
        check_key: check the key, as in `crypto.keys.private_key`; a key in a PKCS#12 file is always
            checked.

    Raises:
        ConfigurationError: a part is missing or unreadable, key and certificate do not match, or
            the key has fewer than 2048 bits.
    """
    source, passphrase = hide(source), hide(passphrase)
    if isinstance(source, dict):
        pair = _from_mapping(source, passphrase, check_key)
    elif is_material(source):
        pair = _from_one_file(source, passphrase, check_key)
    else:
        raise ConfigurationError(
            _(
                "merchant must be {{'cert': …, 'key': …}} or the path of an apiclient_cert.p12, "
                "not {kind_of}",
                kind_of=kind_of(reveal(source)),
            )
        )
    assert_strong(pair.private_key, "merchant")
    return pair


def _from_mapping(
    source: Mapping[str, Any], passphrase: Any, check_key: bool
) -> MerchantCertificate:
    unknown = sorted(str(name) for name in source.keys() - {"cert", "key", "p12", "passphrase"})
    if unknown:
        raise ConfigurationError(
            _(
                "merchant has the unknown key {unknown!r}: expected 'cert' and 'key', or 'p12' "
                "and optionally 'passphrase'",
                unknown=unknown[0],
            )
        )
    if source.get("p12"):
        given = source.get("passphrase") or passphrase
        if not isinstance(reveal(given), str):
            raise ConfigurationError(
                _(
                    "merchant['passphrase'] is of type {kind_of}: expected a str; quote a number",
                    kind_of=kind_of(reveal(given)),
                )
            )
        if not is_material(source["p12"]):
            raise ConfigurationError(
                _(
                    "merchant['p12'] must be the path or the bytes of an apiclient_cert.p12, not "
                    "{kind_of}",
                    kind_of=kind_of(reveal(source["p12"])),
                )
            )
        return _from_one_file(source["p12"], given, check_key)
    missing = [part for part in ("cert", "key") if not reveal(source.get(part))]
    if missing:
        raise ConfigurationError(_("merchant has no {parts}", parts=", ".join(map(repr, missing))))
    certs = certificates(reveal(source["cert"]), "merchant['cert']")
    return _pair(certs, private_key(reveal(source["key"]), "merchant['key']", check=check_key))


def _from_one_file(source: Any, passphrase: Any, check_key: bool) -> MerchantCertificate:
    """Load both from PKCS#12, or from PEM with a certificate and a key."""
    found = blocks(source, "merchant")
    if {Kind.CERTIFICATE, Kind.PRIVATE} <= {block.kind for block in found}:
        (key, *others) = dict.fromkeys(b.der for b in found if b.kind is Kind.PRIVATE)
        if others:
            raise ConfigurationError(_("merchant contains several private keys: expected one"))
        loaded = private_key(key.reveal(), "merchant", check=check_key)
        return _pair(parsed(found, "merchant"), loaded)
    for block in found:
        if block.kind in (Kind.PKCS12, Kind.OTHER):
            return _from_pkcs12(block.der, passphrase)
    if not found:
        _reject_pkcs12()
    kinds = joined(_(", "), (_(kind) for kind in dict.fromkeys(b.kind.value for b in found)))
    raise ConfigurationError(
        _(
            "merchant contains only {kinds}; expected a PKCS#12 file, or {{'cert': …, 'key': …}}",
            kinds=kinds,
        )
    )


def _from_pkcs12(data: Secret[bytes], passphrase: Secret[str]) -> MerchantCertificate:
    opened = _opened(data.reveal(), passphrase.reveal())
    if opened is None:
        _reject_pkcs12()
    key, certs = opened
    if not certs or not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(_("merchant: the PKCS#12 file has no certificate or no RSA key"))
    return _pair(certs, key)


def _opened(data: bytes, passphrase: str) -> tuple[Any, list[x509.Certificate]] | None:
    for attempt in dict.fromkeys((passphrase, tidy(passphrase))):
        try:
            key, cert, more = pkcs12.load_key_and_certificates(data, attempt.encode())
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        return key, [*([cert] if cert else []), *more]
    return None


def _pair(certs: Iterable[x509.Certificate], key: RSAPrivateKey) -> MerchantCertificate:
    public = key.public_key()
    for cert in certs:
        if cert.public_key() == public:
            return MerchantCertificate(cert, key)
    raise ConfigurationError(
        _("merchant: the certificate and the key do not match; use both from the same download")
    )


def _reject_pkcs12() -> NoReturn:
    raise ConfigurationError(
        _(
            "merchant is not a PKCS#12 file, or its passphrase is wrong; the default is the "
            "mchid, for another pass {'p12': …, 'passphrase': …}"
        )
    )
