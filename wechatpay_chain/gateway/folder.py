"""The gateway's folder: keys as the merchant platform hands them out, and what a client needs.

DIR/gateway.json      for a client in any language: addresses, numbers, paths of the keys
DIR/keys/*.pem        as they are called after a download from the merchant platform
DIR/keys/secrets.json the symmetric keys, and which keys of the platform count
DIR/gateway.db        everything else
DIR/gateway.lock      held while a gateway uses the folder
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

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
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.args[0]}; {self.hint}"


def hold(folder: Path) -> Lock:
    """Make a folder if it is missing, and keep other gateways out of it.

    Raises:
        FolderError: another gateway has it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
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
        path.touch(mode=0o600)
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
        folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder / f".{LOCK}", wait=True)  # or two processes would mix their keys
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        if (keys / SECRETS).exists():
            return _loaded(keys)
        identity = Identity.new()
        save_identity(identity, folder)
        return identity
    finally:
        lock.release()


def _loaded(keys: Path) -> Identity:
    try:
        told = json.loads((keys / SECRETS).read_text("utf-8"))
        platforms = [
            Platform(
                _key(keys / f"platform_key_{each['serial']}.pem"),
                _certificate(keys / f"platform_cert_{each['serial']}.pem"),
                str(each["public_key_id"]),
            )
            for each in told["platforms"]
        ]
        if not platforms:
            raise ValueError("the platform has no key")
        parts: dict[str, Any] = {
            attribute: (_key if attribute.endswith("_key") else _certificate)(keys / name)
            for attribute, name in NAMES.items()
        }
        parts |= {name: str(told[name]) for name in TEXTS}
        return Identity(platforms=tuple(platforms), **parts)
    except OSError as error:
        problem = f"{error.filename or keys}: {error.strerror}"
    except (ValueError, TypeError, LookupError) as error:
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
        if (keys / SECRETS).exists():
            _write_all(identity, keys)
            _forget_platforms(identity, keys)
        else:
            _write_first(identity, keys)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _write_first(identity: Identity, keys: Path) -> None:
    """Let the folder appear with all that is in it: half of it would be of no use."""
    if keys.exists() and any(keys.iterdir()):
        raise FolderError(
            f"{keys} has files that are not a gateway's", "they stay; choose another folder"
        )
    keys.parent.mkdir(parents=True, exist_ok=True)
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
    """Write `gateway.json`; its path."""
    path = folder / "gateway.json"
    _write(path, json.dumps(description, indent=2, ensure_ascii=False).encode() + b"\n")
    return path


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    part.replace(path)


def _key(path: Path) -> rsa.RSAPrivateKey:
    # Whether its numbers are primes takes 30 ms to see, and this library made it.
    key = serialization.load_pem_private_key(
        path.read_bytes(), None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path.name} is not an RSA key")
    return key


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _unwritable(folder: Path, error: OSError) -> FolderError:
    problem = "it is a file" if folder.is_file() else f"{error.filename}: {error.strerror}"
    return FolderError(
        f"{folder} cannot be used ({problem})", "choose a folder that this user may write to"
    )
