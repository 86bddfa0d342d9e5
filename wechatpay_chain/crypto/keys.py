"""Loads keys and certificates from all common forms.

Pass a key or certificate in any of these forms:

* a path (`str` or `Path`) or a `file://` URI,
* PEM text or bytes, or DER bytes,
* the base64 of its DER, with or without a scheme: `private.pkcs8://`, `private.pkcs1://`,
  `public.spki://`, `public.pkcs1://`,
* an object of `cryptography`.

The format is detected from the content (`crypto.pem`), not from a label or file name. Error
messages of this module never contain the passed value, because it may be a secret.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeGuard
from urllib.parse import unquote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from ..utils.exceptions import ConfigurationError
from ..utils.files import why_not
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _
from . import pem
from .der import Kind
from .pem import Block

if TYPE_CHECKING:
    from cryptography import x509

__all__ = [
    "MINIMUM_BITS",
    "KeySource",
    "assert_strong",
    "blocks",
    "is_certificate",
    "is_material",
    "kind_of",
    "private_key",
    "public_key",
]

KeySource: TypeAlias = (
    "str | bytes | os.PathLike[str] | RSAPrivateKey | RSAPublicKey | x509.Certificate"
)

MINIMUM_BITS = 2048
"""Minimum bits of an RSA key with which a client signs, verifies or encrypts (NIST SP 800-131A)."""

LONGEST_PATH = 4096
LONGEST_NAME = 255
"""Maximum bytes of a path and of a name in it on Linux (`PATH_MAX`, `NAME_MAX`)."""

EXTENSIONS = frozenset({".pem", ".key", ".crt", ".cer", ".der", ".p12", ".pfx", ".txt"})


def private_key(
    source: KeySource, name: str = "private_key", *, check: bool = False
) -> RSAPrivateKey:
    """Load an RSA private key of any size.

    Args:
        source: the key, in any of the forms above.
        name: the argument's name, used in messages.
        check: let OpenSSL check that the key's primes are prime, which takes about 50 ms.

    Raises:
        ConfigurationError: `source` is not a private key, or the key is encrypted, damaged or not
            RSA.
    """
    if isinstance(source, RSAPrivateKey):
        return source
    source = hide(source)
    if not is_material(source):
        raise ConfigurationError(
            _(
                "{name} must be an RSA private key, not {kind_of}",
                name=name,
                kind_of=kind_of(reveal(source)),
            )
        )
    found = blocks(source, name)
    mine = _distinct(block for block in found if block.kind is Kind.PRIVATE)
    if not mine:
        _reject_private(found, name)
    if len(mine) > 1:
        raise ConfigurationError(
            _(
                "{name} contains {count} private keys: keep only the one of the merchant's API "
                "certificate",
                name=name,
                count=len(mine),
            )
        )
    from cryptography.hazmat.primitives import serialization  # also loads SSH formats

    try:
        # OpenSSL's self-test mostly checks that p and q are prime. It takes 50 ms per key and
        # protects programs that load untrusted keys, which may be crafted to attack OpenSSL.
        # A merchant's key is trusted, and `_is_consistent` finds accidental damage in 0.03 ms.
        key = serialization.load_der_private_key(
            mine[0].der.reveal(), None, unsafe_skip_rsa_key_validation=not check
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if key is None:
        _reject_private((), name)
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(
            _("{name} must be an RSA private key, not {kind_of}", name=name, kind_of=kind_of(key))
        )
    if not _is_consistent(key):
        raise ConfigurationError(
            _(
                "{name} is not a valid private key: it is damaged, and its numbers do not match. "
                "Use apiclient_key.pem from the original download",
                name=name,
            )
        )
    return key


def public_key(source: KeySource, name: str = "certs") -> RSAPublicKey:
    """Load an RSA public key of any size, from a public key or an X.509 certificate.

    Raises:
        ConfigurationError: `source` is neither, or the key is not RSA.
    """
    if isinstance(source, RSAPublicKey):
        return source
    if is_certificate(source):
        return _rsa(source.public_key(), name)
    source = hide(source)
    if not is_material(source):
        raise ConfigurationError(
            _(
                "{name} must be an RSA public key, not {kind_of}",
                name=name,
                kind_of=kind_of(reveal(source)),
            )
        )
    found = blocks(source, name)
    if any(block.kind is Kind.CERTIFICATE for block in found):
        from .x509 import leaf, parsed

        return _rsa(leaf(parsed(found, name)).public_key(), name)
    theirs = _distinct(block for block in found if block.kind is Kind.PUBLIC)
    if not theirs:
        _reject_public(found, name)
    if len(theirs) > 1:
        raise ConfigurationError(
            _("{name} contains {count} public keys: expected one", name=name, count=len(theirs))
        )
    from cryptography.hazmat.primitives import serialization

    try:
        key = serialization.load_der_public_key(theirs[0].der.reveal())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if key is None:
        _reject_public((), name)
    return _rsa(key, name)


def assert_strong(key: RSAPrivateKey | RSAPublicKey, name: str) -> None:
    """Reject a key that is too weak for a client.

    Raises:
        ConfigurationError: the key has fewer than 2048 bits.
    """
    if key.key_size < MINIMUM_BITS:
        raise ConfigurationError(
            _(
                "{name} is an RSA key of {key_size} bits, which is too weak: WeChat Pay's keys "
                "and certificates have at least {minimum_bits}. Check the source of the file",
                name=name,
                key_size=key.key_size,
                minimum_bits=MINIMUM_BITS,
            )
        )


def is_certificate(source: object) -> TypeGuard[x509.Certificate]:
    """Return whether a value is a certificate object."""
    # By name, because loading cryptography.x509 takes longer than the rest of this package.
    return type(source).__name__ == "Certificate" and hasattr(source, "public_key")


def is_material(source: object) -> bool:
    """Return whether a value is text, bytes or a path, hidden or not, which `blocks` can read."""
    return isinstance(reveal(source), str | bytes | bytearray | os.PathLike)


def kind_of(thing: object) -> str:
    """Return the kind of a value for an error message, never its content."""
    return type(thing).__name__.lstrip("_")


def blocks(source: Any, name: str) -> list[Block]:
    """Return the keys and certificates in a text, in bytes, or in the file at a path.

    Args:
        source: text, bytes or a path, hidden or not.
        name: the argument's name, used in messages.

    Raises:
        ConfigurationError: the file cannot be read, or the text is neither a key nor a path.
    """
    source = hide(source)
    if isinstance(reveal(source), bytes | bytearray):
        return pem.blocks(Secret(bytes(source.reveal())))
    if isinstance(reveal(source), os.PathLike):
        source = reveal(source)
    elif pem.is_content(source.reveal()):
        return pem.blocks(source)
    return pem.blocks(_read(_path(source, name), name))


def _path(source: Any, name: str) -> Secret[str]:
    """Return the path in a text, a URI or a path object; hidden, because it may be a damaged key.

    Raises:
        ConfigurationError: the value cannot be a path.
    """
    if isinstance(source, Secret):
        path: Secret[str] = Secret(pem.tidy(source.reveal()))
        if path.reveal()[:5].lower() == "file:":
            path = _local(path, name)
    else:
        path = Secret(os.fspath(source))
    problem = _unlike_a_path(path.reveal())
    if problem:
        raise ConfigurationError(
            _(
                "{name} is not a key, a certificate or a path: {problem}. Pass PEM text (with "
                "its BEGIN and END lines), base64 of DER, or a path",
                name=name,
                problem=problem,
            )
        )
    return path


def _local(uri: Secret[str], name: str) -> Secret[str]:
    """Return the path of a `file:` URI (RFC 8089) without a remote host."""
    if not uri.reveal()[5:].startswith("/"):
        raise ConfigurationError(
            _("{name}: a file URI must have an absolute path: file:///etc/key.pem", name=name)
        )
    if uri.reveal()[5:].startswith("//"):
        if uri.reveal()[7:].partition("/")[0].lower() not in ("", "localhost"):
            raise ConfigurationError(
                _(
                    "{name}: the file URI points to another host, but only local files are read. "
                    "Put three slashes before the path: file:///etc/key.pem",
                    name=name,
                )
            )
        uri = Secret("/" + uri.reveal()[7:].partition("/")[2])
    else:
        uri = Secret(uri.reveal()[5:])
    if any(mark in uri.reveal() for mark in "?#"):
        raise ConfigurationError(
            _(
                "{name}: a file URI must not have a query or a fragment; write ? as %3F and # as "
                "%23",
                name=name,
            )
        )
    uri = Secret(unquote(uri.reveal()))
    return Secret(uri.reveal().lstrip("/")) if os.name == "nt" else uri


def _unlike_a_path(text: object) -> str:
    """Return why a text is not a path; empty if it may be one."""
    if not isinstance(text, str):
        return _("it is of type {kind_of}", kind_of=kind_of(text))
    if not text:
        return _("it is empty")
    if not all(sign.isprintable() or sign in "\xa0\u3000" for sign in text):
        return _("it contains a line break or another control character")
    parts = text.replace("\\", "/").split("/")
    if len(text) > LONGEST_PATH or max(map(len, parts)) > LONGEST_NAME:
        return _("it has {count} characters", count=len(text))
    return ""


def _read(path: Secret[str], name: str) -> Secret[str | bytes]:
    """Read a file."""
    try:
        return Secret(Path(path.reveal()).read_bytes())
    except (OSError, ValueError) as error:
        reason = why_not(error)
    # The text may be a damaged key: show the file name only if it has a file's extension.
    shown = _shown(path.reveal())
    raise ConfigurationError(
        _(
            "{name}: cannot read the file{shown} ({reason}). You can also pass PEM text, or its "
            "base64 body with one of the prefixes {schemes}",
            name=name,
            shown=shown,
            reason=reason,
            schemes=" ".join(pem.SCHEMES),
        )
    )


def _shown(path: str) -> str:
    found = Path(path)
    if len(found.name) < 100 and found.suffix.lower() in EXTENSIONS:
        return f" {found.name!r}"
    return ""


def _is_consistent(key: RSAPrivateKey) -> bool:
    """Return whether the numbers of a key are consistent (RFC 8017, section 3.2).

    A single wrong bit in any number breaks a product or an inverse. The function does not check
    that p and q are prime.
    """
    # Numbers appear in expressions only, so that no traceback shows one as a local variable.
    numbers = key.private_numbers()
    e = numbers.public_numbers.e
    if min(numbers.p, numbers.q, e) < 3 or not numbers.p & numbers.q & e & 1:
        return False
    return (
        numbers.p * numbers.q == numbers.public_numbers.n
        and numbers.d * e % (numbers.p - 1) == 1
        and numbers.d * e % (numbers.q - 1) == 1
        and numbers.dmp1 == numbers.d % (numbers.p - 1)
        and numbers.dmq1 == numbers.d % (numbers.q - 1)
        and numbers.iqmp * numbers.q % numbers.p == 1
    )


def _distinct(found: Any) -> list[Block]:
    return list(dict.fromkeys(found))


def _rsa(key: object, name: str) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise ConfigurationError(
            _("{name} must be an RSA public key, not {kind_of}", name=name, kind_of=kind_of(key))
        )
    return key


def _reject_private(found: Sequence[Block], name: str) -> NoReturn:
    kinds = {block.kind for block in found}
    if Kind.ENCRYPTED in kinds:
        raise ConfigurationError(
            _(
                "{name} is encrypted with a passphrase; decrypt it first (openssl pkcs8 -in "
                "encrypted.pem -out apiclient_key.pem) or pass a key object",
                name=name,
            )
        )
    if Kind.PKCS12 in kinds:
        raise ConfigurationError(
            _("{name} is not a private key but a PKCS#12 file: pass it as merchant=", name=name)
        )
    raise ConfigurationError(
        _(
            "{name} is not a private key{but}: expected the merchant's apiclient_key.pem (PKCS#8 "
            "or PKCS#1)",
            name=name,
            but=_but(found),
        )
    )


def _reject_public(found: Sequence[Block], name: str) -> NoReturn:
    raise ConfigurationError(
        _(
            "{name} is not a public key{but}: expected WeChat Pay's pub_key.pem or a platform "
            "certificate",
            name=name,
            but=_but(found),
        )
    )


def _but(found: Sequence[Block]) -> str:
    kinds = [block.kind for block in found if block.kind is not Kind.OTHER]
    return _(" but {kind}", kind=_(kinds[0].value)) if kinds else ""
