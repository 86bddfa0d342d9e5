"""Checks a client's arguments in its constructor.

Values copied from a web page or read from a file often contain blanks, line breaks and invisible
characters. They are removed if they are certainly not part of the value. Any other value that
WeChat Pay would reject, or that cannot verify a response, raises a `ConfigurationError` before
anything is sent.
"""

from __future__ import annotations

import functools
import logging
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..crypto import aes, keys
from ..crypto.der import Kind
from ..crypto.pem import tidy
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import N_, _
from .credential import Credential
from .platform_key import PUBLIC_KEY_ID, PlatformKey, key_id, load_all, same_key
from .platform_keys import PlatformKeys
from .signer import SignerCredential, is_signer, signer_credential

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from ..crypto.certificate import MerchantCertificate
    from .shared_certificates import SharedCertificates
    from .stores import KeyStore

__all__ = [
    "SECRETS",
    "aes_key_of",
    "credential_of",
    "hidden",
    "mchid_of",
    "merchant_of",
    "platform_of",
    "secret_of",
    "shared_of",
]

NUMBER = re.compile("[0-9A-Za-z_-]*")
SECRET_LENGTH = 32
SECRETS = frozenset({"private_key", "certs", "apiv3_key", "secret", "merchant", "proxy"})
"""Arguments that contain a secret."""

logger = logging.getLogger("wechatpay_chain")


def hidden(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return a client's arguments with the secret ones hidden."""
    return {name: hide(each) if name in SECRETS else each for name, each in arguments.items()}


def mchid_of(given: object) -> str:
    """Check the merchant ID.

    Raises:
        ConfigurationError: it is not a str, or has characters other than letters and digits.
    """
    text = _text(given, "mchid", _("the merchant ID"))
    if NUMBER.fullmatch(text) and (text or not given):
        return text
    raise ConfigurationError(
        _(
            "mchid {given!r}: a merchant ID has only digits, such as '1900000109'",
            given=printable(given, 80),
        )
    )


def secret_of(given: object) -> Secret[str]:
    """Check the APIv2 key; empty if there is none.

    Raises:
        ConfigurationError: it does not have 32 ASCII characters.
    """
    given = hide(given)
    if given is None:
        return Secret("")
    if not isinstance(reveal(given), str):
        raise ConfigurationError(
            _(
                "secret is of type {kind_of}: expected the APIv2 key as str",
                kind_of=keys.kind_of(reveal(given)),
            )
        )
    text = Secret(tidy(reveal(given)))
    if not text.reveal().isascii() or not text.reveal().isprintable() or " " in text.reveal():
        raise ConfigurationError(
            _(
                "secret contains a space, a control character or a non-ASCII character: the "
                "APIv2 key has 32 letters and digits"
            )
        )
    if len(text.reveal()) != SECRET_LENGTH:
        raise ConfigurationError(
            _(
                "secret has {count} characters: the APIv2 key on the merchant platform has "
                "{secret_length}. Leave secret out if you do not use APIv2",
                count=len(text.reveal()),
                secret_length=SECRET_LENGTH,
            )
        )
    return text


def aes_key_of(given: object) -> Secret[bytes] | None:
    """Check the APIv3 key.

    Raises:
        ConfigurationError: it does not have 32 bytes.
    """
    given = hide(given)
    return None if given is None else aes.checked_key(given, "apiv3_key")


def merchant_of(
    source: object, mchid: str, *, check_key: bool = False
) -> MerchantCertificate | None:
    """Load the merchant's certificate and key; warn if the certificate is not valid now.

    Args:
        source: certificate and key, in any form of `crypto.certificate.merchant`.
        mchid: the merchant ID, the default passphrase of a PKCS#12 file.
        check_key: let OpenSSL check the key.

    Raises:
        ConfigurationError: certificate or key is missing or unreadable, or they do not match.
    """
    source = hide(source)
    if source is None:
        return None
    from ..crypto.certificate import merchant  # X.509 loads slowly, and few clients need it

    pair = merchant(source, passphrase=mchid, check_key=check_key)
    now = time.time()
    for moment, words, wrong in (
        (pair.certificate.not_valid_after_utc, "expired on", int.__gt__),
        (pair.certificate.not_valid_before_utc, "is not valid before", int.__lt__),
    ):
        if wrong(int(now), int(moment.timestamp())):
            logger.warning(
                "the merchant's certificate %s %s %s: WeChat Pay will refuse it",
                pair.serial,
                words,
                moment.isoformat(),
            )
    return pair


def credential_of(
    mchid: str,
    serial: object,
    private_key: Any,
    merchant: MerchantCertificate | None,
    *,
    check_key: bool = False,
) -> Credential | None:
    """Return the credential that signs; None if the client has neither a key nor a serial number.

    Args:
        mchid: the merchant ID.
        serial: the serial number of the merchant's certificate; by default that of `merchant`, of a
            certificate in the PEM of `private_key`, or of the signer.
        private_key: the key in any form of `crypto.keys`, or a signer; by default the key of
            `merchant`.
        merchant: certificate and key for mutual TLS.
        check_key: let OpenSSL check the key.

    Raises:
        ConfigurationError: key or serial number is missing or malformed, or they belong to
            different certificates.
    """
    private_key = hide(private_key)
    if serial is not None:
        serial = _serial(serial)
    if merchant is None and private_key is None and serial is None:
        return None
    if is_signer(reveal(private_key)):
        return signer_credential(mchid, serial, reveal(private_key))
    if private_key is not None:
        key = keys.private_key(reveal(private_key), check=check_key)
        keys.assert_strong(key, "private_key")
    elif merchant is not None:
        key = merchant.private_key
    else:
        raise ConfigurationError(_("private_key is missing: pass private_key and serial together"))
    own = _serials_of(key, private_key, merchant)
    if serial is None and own:
        serial = own[0]
    if serial is None:
        raise ConfigurationError(
            _(
                "serial is missing: pass private_key and serial together; the certificate in "
                "merchant belongs to another key"
            )
            if merchant is not None
            else _("serial is missing: pass private_key and serial together")
        )
    _assert_own(str(serial), own, merchant)
    return Credential(mchid, str(serial), key)


def _serials_of(key: RSAPrivateKey, source: Any, merchant: MerchantCertificate | None) -> list[str]:
    """Return the serial numbers of the key's certificates, in `merchant` and in its own file."""
    certs = _certificates_of(source, merchant)
    if not certs:
        return []
    from ..crypto.certificate import certificate_serial

    public = key.public_key()
    return [certificate_serial(cert) for cert in certs if cert.public_key() == public]


def _certificates_of(source: Any, merchant: MerchantCertificate | None) -> list[x509.Certificate]:
    """Return the certificates in `merchant` and in the file of `private_key`."""
    certs = [] if merchant is None else [merchant.certificate]
    if source is not None and keys.is_material(source):
        found = keys.blocks(source, "private_key")
        if any(block.kind is Kind.CERTIFICATE for block in found):
            from ..crypto.certificate import parsed

            certs += parsed(found, "private_key")
    return certs


def _assert_own(serial: str, own: list[str], merchant: MerchantCertificate | None) -> None:
    """Reject a serial number that does not belong to the signing key's certificate.

    Args:
        serial: the given serial number.
        own: the serial numbers of the signing key's available certificates.
        merchant: the certificate for mutual TLS, which may have another key.
    """
    if any(same_key(serial, one) for one in own):
        return
    if own:
        raise ConfigurationError(
            _(
                "serial is {serial}, but the certificate of this private key has {own}: WeChat "
                "Pay rejects signatures with the serial number of another certificate. Leave "
                "serial out",
                serial=serial,
                own=own[0],
            )
        )
    if merchant is not None and same_key(serial, merchant.serial):
        raise ConfigurationError(
            _(
                "private_key does not match the certificate {serial} in merchant: use both from "
                "the same download",
                serial=merchant.serial,
            )
        )


def _serial(given: object) -> str:
    text = _text(given, "serial", _("the serial number of the merchant's certificate"))
    if not text:
        raise ConfigurationError(
            _(
                "serial is empty: expected the serial number of the merchant's certificate "
                "(openssl x509 -in apiclient_cert.pem -noout -serial)"
            )
        )
    serial = key_id(text, "serial")
    if serial.startswith(PUBLIC_KEY_ID):
        raise ConfigurationError(
            _(
                "serial is {serial}, which is the id of WeChat Pay's public key: put it in "
                "certs. serial is the serial number of the merchant's own certificate, "
                "apiclient_cert.pem",
                serial=serial,
            )
        )
    return serial


def platform_of(
    certs: object,
    credential: Credential | None,
    merchant: MerchantCertificate | None,
    private_key: Any = None,
) -> PlatformKeys:
    """Load WeChat Pay's keys.

    Args:
        certs: the keys, in any form that `WeChatPay` accepts.
        credential: the credential that signs.
        merchant: certificate and key for mutual TLS.
        private_key: the given private key; its file may contain the merchant's certificate.

    Raises:
        ConfigurationError: `certs` is not a mapping, or one of its keys is malformed, too weak, or
            the merchant's own.
    """
    own = _certificates_of(hide(private_key), merchant)
    if isinstance(credential, SignerCredential) and credential.certificate is not None:
        own.append(credential.certificate)
    loaded = functools.partial(_loaded, credential=credential, merchant=merchant)
    return PlatformKeys({} if certs is None else hide(certs), loaded, own)


def _loaded(
    certs: Any, *, credential: Credential | None, merchant: MerchantCertificate | None
) -> dict[str, PlatformKey]:
    """Load the keys in `certs`, and check that none is the merchant's own."""
    if not isinstance(certs, Mapping):
        raise ConfigurationError(
            _(
                "certs is of type {kind_of}: expected a mapping of key ids to keys",
                kind_of=keys.kind_of(reveal(certs)),
            )
        )
    own = [
        *([credential.serial] if credential is not None else []),
        *([merchant.serial] if merchant is not None else []),
    ]
    for serial in certs:
        if not isinstance(serial, str):
            raise ConfigurationError(
                _("certs: the id {serial} must be a str", serial=printable(repr(serial), 80))
            )
        if any(same_key(key_id(serial, "certs"), one) for one in own):
            raise ConfigurationError(
                _(
                    "certs contains the merchant's own serial number {serial!r}: {theirs}",
                    serial=printable(serial, 80),
                    theirs=_(THEIRS),
                )
            )
    found = load_all(certs)
    mine = [
        *([credential.owns] if credential is not None else []),
        *([merchant.private_key.public_key().__eq__] if merchant is not None else []),
    ]
    for key in found.values():
        if any(owns(key.key) for owns in mine):
            raise ConfigurationError(
                _(
                    "certs[{name!r}] is the merchant's own key or certificate: {theirs}",
                    name=key.name,
                    theirs=_(THEIRS),
                )
            )
    return found


def shared_of(
    store: KeyStore | None, mchid: str, apiv3_key: Secret[bytes], platform: PlatformKeys
) -> SharedCertificates | None:
    """Return the certificates shared with other processes, or None if the client has no store.

    Raises:
        ConfigurationError: `store` is not a key store.
    """
    if store is None:
        return None
    from .shared_certificates import SharedCertificates  # few clients need it

    return SharedCertificates(store, mchid, apiv3_key, platform.loaded)


THEIRS = N_(
    "put only WeChat Pay's keys in it, which verify responses (pub_key.pem, or a platform "
    "certificate)"
)


def _text(given: object, name: str, what: str) -> str:
    if not isinstance(given, str):
        raise ConfigurationError(
            _(
                "{name} is of type {kind_of}: expected {what} as str",
                name=name,
                kind_of=keys.kind_of(given),
                what=what,
            )
        )
    return tidy(given)
