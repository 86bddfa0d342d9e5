"""TLS contexts: the trusted authorities, and the client certificate."""

from __future__ import annotations

import os
import secrets
import ssl
import threading
from typing import TYPE_CHECKING, TypeAlias

from cryptography.hazmat.primitives import serialization

from ..crypto import keys
from ..crypto.der import Kind
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.private_files import readable_file
from ..utils.translation import N_, _

if TYPE_CHECKING:
    from cryptography import x509

    from ..crypto.certificate import MerchantCertificate

__all__ = ["TLS", "Verify"]

PEM = serialization.Encoding.PEM
Verify: TypeAlias = "bool | str | bytes | os.PathLike[str] | x509.Certificate | ssl.SSLContext"


EXPECTED = N_(
    "expected a CA bundle in PEM (its path or text), a certificate, an SSLContext, True or False"
)


class TLS:
    """One TLS context per client certificate, created on first use.

    Args:
        verify: as in `HTTPTransport`.

    Attributes:
        authorities: the trusted authorities in PEM, or None for the system's.
        trusts_anybody: whether certificate verification is disabled.
    """

    def __init__(self, verify: Verify) -> None:
        self._context: ssl.SSLContext | None = None
        self.authorities: str | None = None
        self.trusts_anybody = verify is False
        if isinstance(verify, ssl.SSLContext):
            self._context = verify
        elif not isinstance(verify, bool):
            self.authorities = _authorities(verify)
        self._contexts: dict[bytes, ssl.SSLContext] = {}
        self.unlock()

    def unlock(self) -> None:
        """Create a new, free lock; also after a fork."""
        self._lock = threading.Lock()

    @property
    def is_given(self) -> bool:
        """Whether the context is the user's own, which may contain a client certificate."""
        return self._context is not None

    def context(self, merchant: MerchantCertificate | None) -> ssl.SSLContext:
        """Return the context for requests with this client certificate, or with none.

        Raises:
            ConfigurationError: the CA bundle or the certificate is not usable.
        """
        name = b"" if merchant is None else merchant.certificate.signature
        context = self._contexts.get(name)
        if context is None:
            with self._lock:
                context = self._contexts[name] = self._contexts.get(name) or self._make(merchant)
        return context

    def _make(self, merchant: MerchantCertificate | None) -> ssl.SSLContext:
        if self._context is not None:
            if merchant is not None:
                raise ConfigurationError(
                    _(
                        "verify is an SSLContext, which is not modified: load the merchant's "
                        "certificate into it (load_cert_chain), and pass serial= and "
                        "private_key= instead of merchant=; or pass the path of a CA bundle as "
                        "verify="
                    )
                )
            return self._context
        try:
            context = ssl.create_default_context(cadata=self.authorities)
            context.set_alpn_protocols(["http/1.1"])  # RFC 7301; neither transport supports HTTP/2
            if merchant is not None:
                _load(context, merchant)
        except (ssl.SSLError, OSError) as error:
            raise ConfigurationError(_("TLS cannot be set up: {error}", error=error)) from None
        if self.trusts_anybody:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _authorities(source: Verify) -> str:
    """Return the trusted certificates in PEM."""
    if keys.is_certificate(source):
        return source.public_bytes(PEM).decode()
    if not keys.is_material(source):
        raise ConfigurationError(
            _(
                "verify is of type {kind_of}; {expected}",
                kind_of=keys.kind_of(source),
                expected=_(EXPECTED),
            )
        )
    try:
        found = keys.blocks(source, "verify")
    except ConfigurationError as error:
        why = str(error).removeprefix("verify: ")
        raise ConfigurationError(
            _(
                "verify: cannot read {source!r}; {expected}: {why}",
                source=printable(source, 80),
                expected=_(EXPECTED),
                why=why,
            )
        ) from None
    trusted = [block.der.reveal() for block in found if block.kind is Kind.CERTIFICATE]
    if not trusted:
        raise ConfigurationError(
            _(
                "verify: {source!r} contains no certificate in PEM or DER; {expected}",
                source=printable(source, 80),
                expected=_(EXPECTED),
            )
        )
    return "".join(map(ssl.DER_cert_to_PEM_cert, trusted))


def _load(context: ssl.SSLContext, merchant: MerchantCertificate) -> None:
    """Load a certificate; the ssl module only reads files, so the key is written encrypted."""
    passphrase = secrets.token_hex(32)
    key = merchant.private_key.private_bytes(
        PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    try:
        with readable_file(merchant.certificate.public_bytes(PEM) + key) as path:
            context.load_cert_chain(path, password=passphrase)
    except ssl.SSLError:
        raise
    except OSError as error:
        raise ConfigurationError(
            _(
                "the merchant's certificate cannot be loaded for security=True: OpenSSL reads it "
                "from a file, and no file can be written ({error}). Set TMPDIR to a folder that "
                "this process can write to; or load the certificate into an ssl.SSLContext, and "
                "pass that as verify= without merchant=",
                error=printable(error),
            )
        ) from None
