"""The gateway's folder: keys as the merchant platform hands them out, and what a client needs.

DIR/gateway.json      for a client in any language: addresses, numbers, paths of the keys
DIR/keys/*.pem        as they are called after a download from the merchant platform
DIR/keys/secrets.json the symmetric keys, and which keys of the platform count
DIR/gateway.db        everything else
DIR/gateway.lock      held while a gateway uses the folder
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ...utils.display import printable
from . import owned_files as owned
from .identity import Identity, Platform, pem
from .lock import Held, Lock
from .store import Store, UnknownFormat

__all__ = [
    "FolderError",
    "describe",
    "hold",
    "load_identity",
    "open_store",
    "save_identity",
    "write_description",
]

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


class FolderError(Exception):
    """A folder that the gateway cannot use.

    Attributes:
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(printable(message, 1000))
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]}; {self.hint}"


def hold(folder: Path) -> Lock:
    """Make a folder if it is missing, and keep other gateways out of it.

    Raises:
        FolderError: another gateway has it, it cannot be written, or it is another user's.
    """
    try:
        owned.make_folder(folder)
        return Lock(folder / LOCK)
    except Held as held:
        by = f" (process {held.pid})" if held.pid else ""
        raise FolderError(
            f"another gateway uses {folder}{by}", "stop it, or choose another folder"
        ) from None
    except OSError as error:
        raise _unwritable(folder, error) from error


def open_store(folder: Path) -> Store:
    """The records of a folder.

    Raises:
        FolderError: what is there is of another version, or no database.
    """
    path = folder / DATABASE
    try:
        owned.claim(path, "-wal", "-shm", "-journal")
        return Store(path)
    except OSError as error:
        raise _unwritable(folder, error) from error
    except UnknownFormat as error:
        raise FolderError(
            f"{path} was made by another version of wechatpay-chain: {error}",
            "choose another folder, or delete this one to begin anew",
        ) from error
    except sqlite3.DatabaseError as error:
        raise FolderError(
            f"{path} cannot be used: {error}",
            "choose another folder, or delete this one to begin anew",
        ) from error


def load_identity(folder: Path) -> Identity:
    """The identity that a folder has, or a new one, which it has from then on.

    Args:
        folder: is made if it is missing.

    Raises:
        FolderError: what is there are other files, or the folder cannot be written.
    """
    keys = folder / "keys"
    try:
        owned.make_folder(folder)
        lock = Lock(folder / f".{LOCK}", wait=True)  # or two processes would mix their keys
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        if _has_keys(keys):
            return _loaded(keys)
        identity = Identity.new()
        save_identity(identity, folder)
        return identity
    finally:
        lock.release()


def _has_keys(keys: Path) -> bool:
    try:
        return owned.is_there(keys) and (keys / SECRETS).exists()
    except OSError as error:
        raise _unwritable(keys.parent, error) from error


def _loaded(keys: Path) -> Identity:
    try:
        told = json.loads(owned.read(keys / SECRETS))
        platforms = [
            Platform(
                _key(keys / f"platform_key_{_serial(each)}.pem"),
                _certificate(keys / f"platform_cert_{_serial(each)}.pem"),
                _told(each, "public_key_id"),
            )
            for each in told["platforms"]
        ]
        if not platforms:
            raise ValueError("the platform has no key")
        parts: dict[str, Any] = {
            attribute: (_key if attribute.endswith("_key") else _certificate)(keys / name)
            for attribute, name in NAMES.items()
        }
        parts |= {name: _told(told, name) for name in TEXTS}
        return Identity(platforms=tuple(platforms), **parts)
    except OSError as error:
        problem = f"{error.filename or keys}: {error.strerror}"
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise FolderError(
        f"the keys in {keys} cannot be read ({problem})",
        "choose another folder, or delete this one to begin anew",
    )


def save_identity(identity: Identity, folder: Path) -> None:
    """Write an identity's keys; until the last file is written, those from before count.

    Raises:
        FolderError: keys are there that are not a gateway's, or nothing can be written.
    """
    keys = folder / "keys"
    try:
        if _has_keys(keys):
            _write_all(identity, keys)
            _forget_platforms(identity, keys)
        else:
            _write_first(identity, keys)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _write_first(identity: Identity, keys: Path) -> None:
    """Let the folder appear with all that is in it: half of it would be of no use."""
    if owned.is_there(keys) and any(keys.iterdir()):
        raise FolderError(
            f"{keys} has files that are not a gateway's", "they stay; choose another folder"
        )
    owned.make_folder(keys.parent)
    part = Path(tempfile.mkdtemp(prefix=".keys.", dir=keys.parent))
    try:
        _write_all(identity, part)
        if keys.exists():
            keys.rmdir()
        part.rename(keys)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _write_all(identity: Identity, keys: Path) -> None:
    for attribute, name in NAMES.items():
        _write(keys / name, pem(getattr(identity, attribute)))
    for platform in identity.platforms:
        _write(keys / f"platform_key_{platform.serial}.pem", pem(platform.key))
        _write(keys / f"platform_cert_{platform.serial}.pem", pem(platform.certificate))
    told: dict[str, Any] = {name: getattr(identity, name) for name in TEXTS}
    told["platforms"] = [
        {"serial": platform.serial, "public_key_id": platform.public_key_id}
        for platform in identity.platforms
    ]
    _write(keys / SECRETS, json.dumps(told, indent=2).encode())
    _write(keys / PLATFORM_PUBLIC_KEY, pem(identity.platform_key.public_key()))


def _forget_platforms(identity: Identity, keys: Path) -> None:
    known = {platform.serial for platform in identity.platforms}
    for path in keys.glob("platform_*_*.pem"):
        if path.stem.rpartition("_")[2] not in known:
            path.unlink()


def describe(identity: Identity, folder: Path, base_uri: str, tls_base_uri: str) -> dict[str, Any]:
    """What a client needs; paths are absolute."""
    keys = folder.resolve() / "keys"
    return {
        "base_uri": base_uri,
        "tls_base_uri": tls_base_uri,
        "ca": str(keys / NAMES["authority"]),
        "console": f"{base_uri}_gateway/",
        "mchid": identity.mchid,
        "serial": identity.serial,
        "private_key": str(keys / NAMES["merchant_key"]),
        "certificate": str(keys / NAMES["merchant_certificate"]),
        "apiv3_key": identity.apiv3_key,
        "secret": identity.secret,
        "appid": identity.appid,
        "platform": {
            "public_key_id": identity.public_key_id,
            "public_key": str(keys / PLATFORM_PUBLIC_KEY),
            "serial": identity.platform_serial,
            "certificate": str(keys / f"platform_cert_{identity.platform_serial}.pem"),
        },
    }


def write_description(description: dict[str, Any], folder: Path) -> Path:
    """Write `gateway.json`; its path.

    Raises:
        FolderError: it cannot be written.
    """
    path = folder / "gateway.json"
    try:
        _write(path, json.dumps(description, indent=2, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return path


def _write(path: Path, content: bytes) -> None:
    owned.write(path, content)


def _told(told: dict[str, Any], name: str) -> str:
    value = told[name]
    if not (isinstance(value, str) and value.isascii() and value.isprintable()):
        raise ValueError(f"{name} is {printable(value, 40)}, which is not a gateway's")
    return value


def _serial(told: dict[str, Any]) -> str:
    """A serial number, which is a part of a file's name."""
    serial = _told(told, "serial")
    if not serial.isalnum():
        raise ValueError(f"serial is {printable(serial, 40)}, which is no number")
    return serial


def _key(path: Path) -> rsa.RSAPrivateKey:
    # Whether its numbers are primes takes 30 ms to see, and this library made it.
    key = serialization.load_pem_private_key(
        owned.read(path), None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path.name} is not an RSA key")
    return key


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(owned.read(path))


def _unwritable(folder: Path, error: OSError) -> FolderError:
    problem = "it is a file" if folder.is_file() else f"{error.filename}: {error.strerror}"
    hint = "choose a folder that this user may write to"
    if isinstance(error, owned.NotOwned):
        hint = "choose a folder that belongs to this user alone"
    return FolderError(f"{folder} cannot be used ({problem})", hint)
