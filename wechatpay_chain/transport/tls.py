"""TLS contexts: who is trusted, and which client certificate is shown."""

from __future__ import annotations

import os
import secrets
import ssl
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cryptography.hazmat.primitives import serialization

from ..crypto import keys
from ..crypto.der import Kind
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError

if TYPE_CHECKING:
    from cryptography import x509

    from ..crypto.certificate import Merchant

__all__ = ["TLS", "Verify"]

Verify: TypeAlias = "bool | str | bytes | os.PathLike[str] | x509.Certificate | ssl.SSLContext"


EXPECTED = (
    "a CA bundle in PEM (its path or text), a certificate, an SSLContext, True or False is expected"
)


class TLS:
    """One context per client certificate, made when first used.

    Args:
        verify: as `HTTPTransport` takes it.
    """

    def __init__(self, verify: Verify) -> None:
        self._context: ssl.SSLContext | None = None
        self._authorities: str | None = None
        self._anybody = verify is False
        if isinstance(verify, ssl.SSLContext):
            self._context = verify
        elif not isinstance(verify, bool):
            self._authorities = _authorities(verify)
        self._contexts: dict[bytes, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self, merchant: Merchant | None) -> ssl.SSLContext:
        """The context for requests that show this certificate, or none.

        Raises:
            ConfigurationError: the CA bundle or the certificate cannot be used.
        """
        name = b"" if merchant is None else merchant.certificate.signature
        context = self._contexts.get(name)
        if context is None:
            with self._lock:
                context = self._contexts[name] = self._contexts.get(name) or self._make(merchant)
        return context

    def _make(self, merchant: Merchant | None) -> ssl.SSLContext:
        if self._context is not None:
            if merchant is not None:
                raise ConfigurationError(
                    "verify is an SSLContext, so the merchant certificate must be loaded into it; "
                    "give verify the path of a CA bundle to have that done"
                )
            return self._context
        try:
            context = ssl.create_default_context(cadata=self._authorities)
            if merchant is not None:
                _load(context, merchant)
        except (ssl.SSLError, OSError) as error:
            raise ConfigurationError(f"TLS cannot be set up: {error}") from None
        if self._anybody:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _authorities(source: Verify) -> str:
    """Trusted certificates in PEM."""
    if keys.is_certificate(source):
        return source.public_bytes(serialization.Encoding.PEM).decode()
    if not keys.is_material(source):
        raise ConfigurationError(f"verify is of type {keys.kind_of(source)}; {EXPECTED}")
    try:
        found = keys.blocks(source, "verify")
    except ConfigurationError as error:
        why = str(error).removeprefix("verify: ")
        raise ConfigurationError(
            f"verify: cannot read {printable(source, 80)!r}; {EXPECTED}: {why}"
        ) from None
    trusted = [block.der.reveal() for block in found if block.kind is Kind.CERTIFICATE]
    if not trusted:
        raise ConfigurationError(
            f"verify: {printable(source, 80)!r} holds no certificate in PEM or DER; {EXPECTED}"
        )
    return "".join(map(ssl.DER_cert_to_PEM_cert, trusted))


def _load(context: ssl.SSLContext, merchant: Merchant) -> None:
    """Load a certificate; the ssl module takes files only, so the key goes there encrypted."""
    passphrase = secrets.token_hex(32)
    key = merchant.private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "merchant.pem")
        path.write_bytes(merchant.certificate.public_bytes(serialization.Encoding.PEM) + key)
        context.load_cert_chain(path, password=passphrase)
