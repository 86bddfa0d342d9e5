"""The data directory: keys in the merchant platform's format, and the configuration of clients.

DIR/gateway.json      for a client in any language: addresses, numbers, paths of the keys
DIR/keys/*.pem        as they are called after a download from the merchant platform
DIR/keys/secrets.json the symmetric keys, and which keys of the platform count
DIR/gateway.db        everything else
DIR/.gitignore        keeps all of it out of a repository
DIR/gateway.lock      held while a gateway uses the directory
"""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ...utils import private_files
from ...utils.display import printable
from ...utils.exceptions import ConfigurationError
from ...utils.file_lock import Held, Lock
from ...utils.files import replace, why_not
from ...utils.translation import _
from .identity import Identity, Platform, pem
from .store import Store, UnknownFormat

__all__ = [
    "DataDirectoryError",
    "forget_platforms",
    "key_of",
    "lock_directory",
    "load_identity",
    "open_store",
    "read_certificate",
    "read_key",
    "read_platforms",
    "read_text",
    "save_identity",
    "unwritable",
    "write_secrets",
]

LONGEST_PATH = 1000
"""Maximum characters of a path in a message; the end of the path is kept."""

DATABASE = "gateway.db"
LOCK = "gateway.lock"
SECRETS = "secrets.json"
NAMES = {
    "merchant_key": "apiclient_key.pem",
    "merchant_certificate": "apiclient_cert.pem",
    "server_key": "server_key.pem",
    "server_certificate": "server_cert.pem",
    "authority_key": "ca_key.pem",
    "authority": "ca.pem",
}
PLATFORM_PUBLIC_KEY = "pub_key.pem"
TEXTS = ("mchid", "appid", "apiv3_key", "secret")


class DataDirectoryError(ConfigurationError):
    """A data directory that the gateway cannot use.

    Attributes:
        hint: the suggested remedy.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(printable(message, 1000))
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]}; {self.hint}"


def lock_directory(directory: Path) -> Lock:
    """Create a directory if it is missing, and lock it against other gateways.

    Raises:
        DataDirectoryError: another gateway uses it, it is not writable, or another user owns it.
    """
    try:
        private_files.make_directory(directory)
        return Lock(directory / LOCK)
    except Held as held:
        by = f" (process {held.pid})" if held.pid else ""
        raise DataDirectoryError(
            _("another gateway uses {directory}{by}", directory=directory, by=by),
            _("stop it, or choose another directory"),
        ) from None
    except (OSError, ValueError) as error:
        raise unwritable(directory, error) from error


def open_store(directory: Path, *, show_secrets: bool = False) -> Store:
    """Open the records of a directory.

    Args:
        directory: the directory of the gateway.
        show_secrets: the argument of `Store`.

    Raises:
        DataDirectoryError: the file belongs to another version, or is no database.
    """
    path = directory / DATABASE
    try:
        private_files.claim(path, "-wal", "-shm", "-journal")
        return Store(path, show_secrets=show_secrets)
    except OSError as error:
        raise unwritable(directory, error) from error
    except UnknownFormat as error:
        raise DataDirectoryError(
            _(
                "{path} was created by another version of wechatpay-chain: {error}",
                path=path,
                error=error,
            ),
            _("choose another directory, or delete this one to start from scratch"),
        ) from error
    except sqlite3.DatabaseError as error:
        raise DataDirectoryError(
            _("{path} cannot be used: {error}", path=path, error=error),
            _("choose another directory, or delete this one to start from scratch"),
        ) from error


def load_identity(directory: Path) -> Identity:
    """Load the identity of a directory, or create and save a new one.

    Args:
        directory: the data directory; created if it is missing.

    Raises:
        DataDirectoryError: the directory contains other files, or is not writable.
    """
    keys = directory / "keys"
    try:
        private_files.make_directory(directory)
        lock = Lock(directory / f".{LOCK}", wait=True)  # or two processes would mix their keys
    except (OSError, ValueError) as error:
        raise unwritable(directory, error) from error
    try:
        if _has_keys(keys):
            return _loaded(keys)
        identity = Identity.new()
        save_identity(identity, directory)
        return identity
    finally:
        lock.release()


def _has_keys(keys: Path) -> bool:
    try:
        return private_files.is_there(keys) and (keys / SECRETS).exists()
    except OSError as error:
        raise unwritable(keys.parent, error) from error


def _loaded(keys: Path) -> Identity:
    try:
        secrets = json.loads(private_files.read(keys / SECRETS))
        platforms = read_platforms(secrets, keys)
        parts: dict[str, Any] = {
            attribute: (read_key if attribute.endswith("_key") else read_certificate)(keys / name)
            for attribute, name in NAMES.items()
        }
        parts |= {name: read_text(secrets, name) for name in TEXTS}
        return Identity(platforms=platforms, **parts)
    except OSError as error:
        problem = f"{error.filename or keys}: {error.strerror}"
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise DataDirectoryError(
        _("the keys in {keys} cannot be read ({problem})", keys=keys, problem=problem),
        _("choose another directory, or delete this one to start from scratch"),
    )


def save_identity(identity: Identity, directory: Path) -> None:
    """Write the keys of an identity; the previous keys are valid until the last file is written.

    Raises:
        DataDirectoryError: the directory contains other keys, or is not writable.
    """
    keys = directory / "keys"
    try:
        if _has_keys(keys):
            _write_keys(identity, keys)
            forget_platforms(identity, keys)
        else:
            _create_keys(identity, keys)
    except OSError as error:
        raise unwritable(directory, error) from error


def _create_keys(identity: Identity, keys: Path) -> None:
    """Create the directory of keys with all its files atomically."""
    if private_files.is_there(keys) and any(keys.iterdir()):
        raise DataDirectoryError(
            _("{keys} contains files that a gateway did not write", keys=keys),
            _("they are kept; choose another directory"),
        )
    private_files.make_directory(keys.parent)
    part = Path(tempfile.mkdtemp(prefix=".keys.", dir=keys.parent))
    try:
        _write_keys(identity, part)
        if keys.exists():
            keys.rmdir()
        replace(part, keys)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _write_keys(identity: Identity, keys: Path) -> None:
    for attribute, name in NAMES.items():
        _write_file(keys / name, pem(getattr(identity, attribute)))
    write_secrets(identity, TEXTS, keys)


def read_platforms(secrets: dict[str, Any], keys: Path) -> tuple[Platform, ...]:
    """Read WeChat Pay's keys for a merchant.

    Args:
        secrets: the content of `secrets.json`, which names them.
        keys: the directory of the files.

    Raises:
        OSError, LookupError, TypeError, ValueError: a file is missing, or invalid.
    """
    platforms = tuple(
        Platform(
            read_key(keys / f"platform_key_{_serial(each)}.pem"),
            read_certificate(keys / f"platform_cert_{_serial(each)}.pem"),
            read_text(each, "public_key_id"),
        )
        for each in secrets["platforms"]
    )
    if not platforms:
        raise ValueError(_("the platform has no key"))
    return platforms


def write_secrets(identity: Identity, texts: Iterable[str], keys: Path) -> None:
    """Write WeChat Pay's keys for a merchant, then `secrets.json`, which names them.

    Args:
        identity: the identity of the merchant.
        texts: the names of the texts in `secrets.json`.
        keys: the directory of the files.

    Raises:
        OSError: the directory is not writable.
    """
    for platform in identity.platforms:
        _write_file(keys / f"platform_key_{platform.serial}.pem", pem(platform.key))
        _write_file(keys / f"platform_cert_{platform.serial}.pem", pem(platform.certificate))
    secrets: dict[str, Any] = {name: getattr(identity, name) for name in texts}
    secrets["platforms"] = [
        {"serial": platform.serial, "public_key_id": platform.public_key_id}
        for platform in identity.platforms
    ]
    _write_file(keys / SECRETS, json.dumps(secrets, indent=2).encode())
    _write_file(keys / PLATFORM_PUBLIC_KEY, pem(identity.platform_key.public_key()))


def forget_platforms(identity: Identity, keys: Path) -> None:
    """Delete the files of WeChat Pay's keys that an identity does not have any more."""
    known = {platform.serial for platform in identity.platforms}
    for path in keys.glob("platform_*_*.pem"):
        if path.stem.rpartition("_")[2] not in known:
            path.unlink()


def _write_file(path: Path, content: bytes) -> None:
    private_files.write(path, content)


def read_text(secrets: dict[str, Any], name: str) -> str:
    """Return a text of `secrets.json`.

    Raises:
        LookupError, ValueError: the text is missing, or not in a gateway's format.
    """
    value = secrets[name]
    if not (isinstance(value, str) and value.isascii() and value.isprintable()):
        raise ValueError(
            _("{name} is {value}, which no gateway writes", name=name, value=printable(value, 40))
        )
    return value


def _serial(secrets: dict[str, Any]) -> str:
    """Return a serial number, which is a part of a file name."""
    serial = read_text(secrets, "serial")
    if not serial.isalnum():
        raise ValueError(
            _("serial is {value}: expected letters and digits", value=printable(serial, 40))
        )
    return serial


def read_key(path: Path) -> rsa.RSAPrivateKey:
    """Read a private key in PEM format.

    Raises:
        OSError, ValueError: the file is not readable, or contains no private key.
    """
    return key_of(private_files.read(path), path.name)


def key_of(content: bytes, name: str) -> rsa.RSAPrivateKey:
    """Load a private key in PEM format.

    Args:
        content: the PEM.
        name: the name of the key, for error messages.

    Raises:
        ValueError: the content is no RSA private key.
    """
    # The primality check takes 30 ms, and this library has created the key.
    key = serialization.load_pem_private_key(content, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(_("{name} is not an RSA key", name=name))
    return key


def read_certificate(path: Path) -> x509.Certificate:
    """Read a certificate in PEM format.

    Raises:
        OSError, ValueError: the file is not readable, or contains no certificate.
    """
    return x509.load_pem_x509_certificate(private_files.read(path))


def unwritable(directory: Path, error: OSError | ValueError) -> DataDirectoryError:
    """Return the error for a directory that is not writable."""
    hint = _("choose a directory that this user can write to")
    if isinstance(error, ValueError):
        problem: str = why_not(error)
    elif error.errno != errno.ENAMETOOLONG and directory.is_file():
        problem = _("it is a file")
    else:
        path = printable(error.filename, LONGEST_PATH)
        problem = _("{path}: {reason}", path=path, reason=error.strerror)
    if isinstance(error, private_files.NotPrivate):
        hint = _("choose a directory that only this user can access")
    told = _("{path} cannot be used ({problem})", path=directory, problem=problem)
    return DataDirectoryError(told, hint)
