"""A signer that uses a key in an HSM."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from ...utils.display import represented
from ...utils.exceptions import ConfigurationError, DecryptionError
from ...utils.secret import Secret, hide, reveal
from ...utils.translation import _
from .module import Module, module_at

if TYPE_CHECKING:
    from concurrent.futures import Future

    from cryptography import x509
    from pkcs11._pkcs11 import lib as Library  # noqa: N812

    from .token_key import TokenKey

__all__ = ["PKCS11Signer"]

T = TypeVar("T")


class PKCS11Signer:
    """Signs and decrypts with a private key in an HSM; pass it as `private_key=`.

    Threads, event loops and processes can share it. The session is opened on first use, and
    reopened after the token was removed, restarted or logged out. Each process has one thread per
    module and makes one signature at a time; async calls do not block their event loop.

    Args:
        module: the path of the HSM vendor's PKCS#11 library.
        token: the token's label.
        pin: the user PIN, or None if the token requires no login.
        label: the key's label (CKA_LABEL); by default the token's only RSA private key.
        id: the key's id (CKA_ID), instead of or in addition to its label.
        timeout: maximum seconds that a call waits for the module.

    Raises:
        ConfigurationError: an argument has the wrong type, or python-pkcs11 is not installed.
    """

    def __init__(
        self,
        module: str | Path,
        *,
        token: str,
        pin: str | Secret[str] | None,
        label: str | None = None,
        id: bytes | None = None,  # noqa: A002 - PKCS#11's word
        timeout: float = 10.0,
    ) -> None:
        pin = hide(pin)
        try:
            from .token_key import KeyName
        except ImportError as error:
            raise ConfigurationError(
                _("PKCS11Signer needs python-pkcs11: pip install 'wechatpay-chain[pkcs11]'")
            ) from error
        _check("module", module, str | os.PathLike)
        _check("token", token, str)
        if pin is not None and not (pin and isinstance(reveal(pin), str)):
            raise ConfigurationError(_("PKCS11Signer(pin=…): expected a non-empty str"))
        if label is not None:
            _check("label", label, str)
        if id is not None:
            _check("id", id, bytes)
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
            raise ConfigurationError(
                _(
                    "PKCS11Signer(timeout={represented}): expected seconds above 0",
                    represented=represented(timeout),
                )
            )
        self._path = os.fspath(module)
        self._name = KeyName(token, label, id)
        self._pin: Any = pin
        self._timeout = timeout
        self._opened: tuple[Module, TokenKey] | None = None

    def sign(self, message: bytes) -> bytes:
        """Sign a message with RSA, SHA-256 and PKCS#1 v1.5.

        Raises:
            ConfigurationError: the token does not sign, or times out.
        """
        return self._wait(self._submit(lambda key: key.sign(message)))

    async def sign_async(self, message: bytes) -> bytes:
        """Async variant of `sign` that does not block the event loop."""
        return await self._awaited(self._submit(lambda key: key.sign(message)))

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Decrypt a ciphertext for this key with RSA-OAEP and SHA-1.

        Raises:
            DecryptionError: the token cannot decrypt it.
            ConfigurationError: the token is not usable, or times out.
        """
        return self._wait(self._submit(lambda key: key.decrypt(ciphertext), DecryptionError))

    async def decrypt_async(self, ciphertext: bytes) -> bytes:
        """Async variant of `decrypt` that does not block the event loop."""
        opening = self._submit(lambda key: key.decrypt(ciphertext), DecryptionError)
        return await self._awaited(opening)

    @property
    def certificate(self) -> x509.Certificate:
        """The key's certificate on the token; without `serial=`, a client reads its serial number.

        Raises:
            ConfigurationError: the token has no certificate, or is not usable.
        """
        return self._wait(self._submit(lambda key: key.certificate()))

    def close(self) -> None:
        """Log out; the next signature logs in again."""
        if self._opened is not None:
            self._wait(module_at(self._path).submit(lambda library: self._forget()))

    def _submit(
        self,
        operation: Callable[[TokenKey], T],
        error: type[ConfigurationError | DecryptionError] = ConfigurationError,
    ) -> Future[T]:
        module = module_at(self._path)
        return module.submit(partial(self._perform, operation, error, module))

    def _perform(
        self, operation: Callable[[TokenKey], T], kind: type[Any], module: Module, library: Library
    ) -> T:
        """Run an operation with the key, in the module's thread."""
        from pkcs11 import PKCS11Error

        from .token_key import in_words, is_stale, open_key

        if self._opened is not None and self._opened[0] is module:
            try:
                return operation(self._opened[1])
            except PKCS11Error as error:
                if not is_stale(error):
                    raise kind(self._failed(in_words(error))) from error
                self._forget()
        try:
            key = open_key(module, library, self._name, self._pin)
        except PKCS11Error as error:
            raise ConfigurationError(self._failed(in_words(error))) from error
        self._opened = (module, key)
        try:
            return operation(key)
        except PKCS11Error as error:
            raise kind(self._failed(in_words(error))) from error

    def _forget(self) -> None:
        """Close the session, unless a parent process opened it."""
        opened, self._opened = self._opened, None
        if opened is not None and opened[0] is module_at(self._path):
            opened[1].close()

    def _wait(self, future: Future[T]) -> T:
        try:
            return future.result(self._timeout)
        except TimeoutError:
            future.cancel()
            raise self._too_slow() from None

    async def _awaited(self, future: Future[T]) -> T:
        import asyncio

        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise self._too_slow() from None

    def _failed(self, why: str) -> str:
        return _(
            "the key {name} of {path} cannot be used: {why}",
            name=self._name,
            path=self._path,
            why=why,
        )

    def _too_slow(self) -> ConfigurationError:
        return ConfigurationError(
            self._failed(
                _(
                    "the module did not finish within {timeout:g} s (timeout=)",
                    timeout=self._timeout,
                )
            )
        )

    def __repr__(self) -> str:
        return f"<PKCS11Signer {self._name}>"

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(
            _(
                "a PKCS11Signer cannot be pickled, because that would store its PIN: configure "
                "the other process separately"
            )
        )


def _check(name: str, value: object, kind: Any) -> None:
    if not isinstance(value, kind) or value in ("", b""):
        raise ConfigurationError(
            _(
                "PKCS11Signer({name}={represented}): expected a non-empty {type}",
                name=name,
                represented=represented(value),
                type="bytes" if kind is bytes else "str",
            )
        )
