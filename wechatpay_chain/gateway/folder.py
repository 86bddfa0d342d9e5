"""The gateway's folder: keys as the merchant platform hands them out, and what a client needs.

DIR/gateway.json      for a client in any language: addresses, numbers, paths of the keys
DIR/keys/*.pem        as they are called after a download from the merchant platform
DIR/keys/secrets.json the symmetric keys, and which platform key has which id
DIR/gateway.db        everything else
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .identity import Identity, Platform, pem

__all__ = ["DATABASE", "describe", "load_identity", "save_identity", "write_description"]

DATABASE = "gateway.db"
NAMES = {
    "merchant_key": "apiclient_key.pem",
    "merchant_certificate": "apiclient_cert.pem",
    "server_key": "server_key.pem",
    "server_certificate": "server_cert.pem",
    "authority_key": "ca_key.pem",
    "authority": "ca.pem",
}


def load_identity(folder: Path) -> Identity:
    """The identity that a folder has, or a new one, which it has from then on.

    Args:
        folder: is made if it is missing.
    """
    keys = folder / "keys"
    if not (keys / "secrets.json").exists():
        identity = Identity.new()
        save_identity(identity, folder)
        return identity
    told = json.loads((keys / "secrets.json").read_text("utf-8"))
    platforms = tuple(
        Platform(
            key=_key(keys / f"platform_key_{index}.pem"),
            certificate=_certificate(keys / f"platform_cert_{index}.pem"),
            public_key_id=public_key_id,
        )
        for index, public_key_id in enumerate(told.pop("platforms"))
    )
    return Identity(
        platforms=platforms,
        merchant_key=_key(keys / NAMES["merchant_key"]),
        merchant_certificate=_certificate(keys / NAMES["merchant_certificate"]),
        server_key=_key(keys / NAMES["server_key"]),
        server_certificate=_certificate(keys / NAMES["server_certificate"]),
        authority_key=_key(keys / NAMES["authority_key"]),
        authority=_certificate(keys / NAMES["authority"]),
        **told,
    )


def save_identity(identity: Identity, folder: Path) -> None:
    """Write an identity's keys; the file that makes them count is written last."""
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    for attribute, name in NAMES.items():
        _write(keys / name, pem(getattr(identity, attribute)))
    _write(keys / "pub_key.pem", pem(identity.platform_key.public_key()))
    for index, platform in enumerate(identity.platforms):
        _write(keys / f"platform_key_{index}.pem", pem(platform.key))
        _write(keys / f"platform_cert_{index}.pem", pem(platform.certificate))
    told = {
        "mchid": identity.mchid,
        "appid": identity.appid,
        "apiv3_key": identity.apiv3_key,
        "secret": identity.secret,
        "platforms": [platform.public_key_id for platform in identity.platforms],
    }
    _write(keys / "secrets.json", json.dumps(told, indent=2).encode())


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
            "public_key": str(keys / "pub_key.pem"),
            "serial": identity.platform_serial,
            "certificate": str(keys / "platform_cert_0.pem"),
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
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} is not an RSA key")
    return key


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())
