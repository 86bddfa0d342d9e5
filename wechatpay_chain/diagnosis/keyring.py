"""The available keys for the verification of signatures, from a client's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..crypto import keys
from ..keys.configuration import aes_key_of, credential_of, hidden, mchid_of, merchant_of, secret_of
from ..keys.environment import settings
from ..keys.platform_key import PlatformKey, load_all, same_key
from ..utils.secret import Secret, hide, reveal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["Keyring", "environment_keyring", "keyring"]


class Keyring(NamedTuple):
    """Keys of a merchant and of WeChat Pay.

    Attributes:
        mchid: the merchant ID; empty if unknown.
        serial: the serial number of the merchant's certificate; empty if unknown.
        merchant: the merchant's public key, or None.
        platform: WeChat Pay's keys, by the id in `certs`.
        secret: the APIv2 key; empty if unknown.
        apiv3_key: the APIv3 key; empty if unknown.
    """

    mchid: str = ""
    serial: str = ""
    merchant: RSAPublicKey | None = None
    platform: Mapping[str, PlatformKey] = {}
    secret: Secret[str] = Secret("")
    apiv3_key: Secret[bytes] = Secret(b"")

    def named(self, serial: str) -> PlatformKey | None:
        """Return WeChat Pay's key with an id, or None."""
        return next((key for name, key in self.platform.items() if same_key(name, serial)), None)


def keyring(arguments: Mapping[str, Any]) -> Keyring:
    """Return the keys in a client's arguments; missing ones are empty.

    Args:
        arguments: arguments of `WeChatPay`, which may be incomplete.

    Raises:
        ConfigurationError: an argument is malformed, or keys do not belong together.
    """
    arguments = given = hidden(dict(arguments))
    mchid = mchid_of(given.get("mchid") or "")
    key, serial = given.get("private_key"), given.get("serial")
    pair = merchant_of(given["merchant"], mchid) if given.get("merchant") else None
    if (key and serial) or pair:
        credential = credential_of(mchid, serial, key, pair)
        serial = credential.serial if credential is not None else None
    public = None
    if key:
        public = keys.private_key(reveal(key)).public_key()
    elif pair:
        public = pair.private_key.public_key()
    return Keyring(
        mchid,
        str(serial or ""),
        public,
        load_all(given.get("certs") or {}),
        secret_of(given["secret"]) if given.get("secret") else Secret(""),
        aes_key_of(given["apiv3_key"]) or Secret(b"") if given.get("apiv3_key") else Secret(b""),
    )


def environment_keyring(environ: Mapping[str, str]) -> Keyring:
    """Return the keys in the `WECHATPAY_*` variables, all of which are optional.

    Raises:
        ConfigurationError: a variable is malformed, or keys do not belong together.
    """
    environ = hide(environ)
    if reveal(environ.get("WECHATPAY_MCHID", "")):
        return keyring(settings(environ))
    unnamed = {**environ, "WECHATPAY_MCHID": "0"}  # some keys do not identify a merchant
    return keyring({**settings(unnamed), "mchid": ""})
