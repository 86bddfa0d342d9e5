"""A private key on a token, in a logged-in session; only the module's thread uses it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error

from ...utils.display import printable
from ...utils.exceptions import ConfigurationError
from ...utils.secret import Secret
from ...utils.translation import N_, _

if TYPE_CHECKING:
    from cryptography import x509
    from pkcs11._pkcs11 import lib as Library  # noqa: N812

    from .module import Module

__all__ = ["KeyName", "TokenKey", "in_words", "is_stale", "open_key"]

MINIMUM_BITS = 2048
OAEP = (Mechanism.SHA_1, pkcs11.MGF.SHA1, None)
"""WeChat Pay's RSA-OAEP parameters."""

STALE = (
    pkcs11.DeviceError,
    pkcs11.DeviceRemoved,
    pkcs11.FunctionFailed,
    pkcs11.GeneralError,
    pkcs11.KeyHandleInvalid,
    pkcs11.ObjectHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.SessionHandleInvalid,
    pkcs11.SlotIDInvalid,
    pkcs11.TokenNotPresent,
    pkcs11.UserNotLoggedIn,
)
"""Errors of a stale session that a new session may avoid, for example after the HSM restarted."""
WRONG_PIN = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)
WORDS: dict[type[PKCS11Error], str] = {
    pkcs11.DeviceRemoved: N_("the token was removed"),
    pkcs11.MechanismInvalid: (
        N_(
            "it does not support CKM_SHA256_RSA_PKCS for signing or CKM_RSA_PKCS_OAEP for "
            "decrypting"
        )
    ),
    pkcs11.PinExpired: N_("its PIN has expired: set a new one"),
    pkcs11.PinLocked: N_("its PIN is locked: unlock it with the security officer's PIN"),
    pkcs11.SessionCount: N_("it has no free session"),
    pkcs11.TokenNotPresent: N_("it is not in its slot"),
    pkcs11.UserNotLoggedIn: N_("it requires a PIN: pass pin="),
    pkcs11.UserPinNotInitialized: N_("it has no user PIN yet: set one"),
}


def is_stale(error: PKCS11Error) -> bool:
    """Return whether a new session may help; this includes errors without a class of their own."""
    return isinstance(error, STALE) or type(error) is PKCS11Error


def in_words(error: PKCS11Error) -> str:
    """Return a description of a token's error, as a clause."""
    told = printable(f"{type(error).__name__} {error}".strip())
    return _(WORDS.get(type(error), "")) or _("the module reports {told}", told=told)


class KeyName(NamedTuple):
    """The location of a key.

    Attributes:
        token: the token's label.
        label: the key's CKA_LABEL, or None for any.
        id: the key's CKA_ID, or None for any.
    """

    token: str
    label: str | None
    id: bytes | None

    def __str__(self) -> str:
        parts = (self.token, self.label, self.id.hex() if self.id is not None else None)
        return printable("/".join(part for part in parts if part is not None))


class TokenKey:
    """An RSA private key and its session.

    Args:
        session: a logged-in session.
        key: the key in that session.
        name: the location of the key.
    """

    def __init__(self, session: pkcs11.Session, key: Any, name: KeyName) -> None:
        self._session = session
        self._key = key
        self._name = name

    def sign(self, message: bytes) -> bytes:
        """Sign with RSA, SHA-256 and PKCS#1 v1.5."""
        signature: bytes = self._key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS)
        return signature

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Decrypt with RSA-OAEP and SHA-1."""
        plaintext: bytes = self._key.decrypt(
            ciphertext, mechanism=Mechanism.RSA_PKCS_OAEP, mechanism_param=OAEP
        )
        return plaintext

    def certificate(self) -> x509.Certificate:
        """Return the key's certificate on the token; of several, the one with the latest expiry.

        Raises:
            ConfigurationError: there is none.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

        modulus = int.from_bytes(self._key[Attribute.MODULUS], "big")
        own = []
        for found in self._certificates():
            public = found.public_key()
            if isinstance(public, RSAPublicKey) and public.public_numbers().n == modulus:
                own.append(found)
        if not own:
            raise ConfigurationError(
                _(
                    "the token {token!r} has no certificate for the key {name}: write "
                    "apiclient_cert.pem to it, or pass serial= to the client",
                    token=printable(self._name.token),
                    name=self._name,
                )
            )
        return max(own, key=lambda each: each.not_valid_after_utc)

    def _certificates(self) -> Iterable[x509.Certificate]:
        from cryptography import x509

        for found in self._session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            with suppress(ValueError):  # an unsupported kind of certificate, not the key's
                yield x509.load_der_x509_certificate(found[Attribute.VALUE])

    def close(self) -> None:
        """Log out and close the session, if it is still open."""
        with suppress(PKCS11Error):  # usually closed already, which is why it is dropped
            self._session.close()


def open_key(module: Module, library: Library, name: KeyName, pin: Secret[str] | None) -> TokenKey:
    """Log in to a token and find a key on it.

    Args:
        module: the module of the library.
        library: the initialized library.
        name: the location of the key.
        pin: the user PIN, or None if the token requires none.

    Raises:
        ConfigurationError: token or key does not exist or is ambiguous, or the PIN is wrong.
        PKCS11Error: the token is not in a usable state.
    """
    token = _token(library, name)
    session = _session(module, token, name, pin)
    key = _key(session, name)
    if key.key_length < MINIMUM_BITS:
        raise ConfigurationError(
            _(
                "the key {name} has {key_length} bits: WeChat Pay requires RSA keys of at least "
                "{minimum_bits} bits",
                name=name,
                key_length=key.key_length,
                minimum_bits=MINIMUM_BITS,
            )
        )
    return TokenKey(session, key, name)


def _token(library: Library, name: KeyName) -> pkcs11.Token:
    tokens = list(library.get_tokens())
    found = [token for token in tokens if token.label == name.token]
    if len(found) == 1:
        return found[0]
    labels = ", ".join(repr(printable(token.label)) for token in tokens if token.label)
    raise ConfigurationError(
        _(
            "the module {so} has no token with the label {token!r}; it has {labels}",
            so=printable(library.so),
            token=printable(name.token),
            labels=labels or _("no initialized token"),
        )
        if not found
        else _(
            "the module {so} has {count} tokens with the label {token!r}, but one is expected; "
            "it has {labels}",
            so=printable(library.so),
            count=len(found),
            token=printable(name.token),
            labels=labels,
        )
    )


def _session(
    module: Module, token: pkcs11.Token, name: KeyName, pin: Secret[str] | None
) -> pkcs11.Session:
    if (name.token, pin) in module.rejected_pins:
        raise _wrong_pin(name)
    try:
        return _opened(token, pin)
    except pkcs11.UserAlreadyLoggedIn:  # a login applies to all sessions of a process
        return _opened(token, None)
    except WRONG_PIN as error:
        module.rejected_pins.add((name.token, pin))
        raise _wrong_pin(name) from error


def _opened(token: pkcs11.Token, pin: Secret[str] | None) -> pkcs11.Session:
    return token.open(user_pin=pin.reveal() if pin is not None else None)


def _wrong_pin(name: KeyName) -> ConfigurationError:
    return ConfigurationError(
        _(
            "the token {token!r} rejects pin=. This process does not retry, because a token "
            "locks after several wrong PINs",
            token=printable(name.token),
        )
    )


def _key(session: pkcs11.Session, name: KeyName) -> Any:
    every: dict[Attribute, Any] = {
        Attribute.CLASS: ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: KeyType.RSA,
    }
    wanted = {**every}
    if name.label is not None:
        wanted[Attribute.LABEL] = name.label
    if name.id is not None:
        wanted[Attribute.ID] = name.id
    found = list(session.get_objects(wanted))
    if len(found) == 1:
        return found[0]
    labels = ", ".join(
        f"{printable(key[Attribute.LABEL])!r} (id {key[Attribute.ID].hex()})"
        for key in session.get_objects(every)
    )
    raise ConfigurationError(
        _(
            "there is no RSA private key {name}: pass label= or id=. The token has {labels}",
            name=name,
            labels=labels or _("no visible keys; it may require pin="),
        )
        if not found
        else _(
            "there are {count} RSA private keys {name}, but one is expected: pass label= or id=. "
            "The token has {labels}",
            count=len(found),
            name=name,
            labels=labels,
        )
    )
