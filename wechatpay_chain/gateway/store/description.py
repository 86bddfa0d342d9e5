"""The description of a gateway for clients in any language, as in `gateway.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...utils import private_files
from .data_directory import NAMES, PLATFORM_PUBLIC_KEY, unwritable
from .identity import Identity, pem
from .merchant_keys import merchant_files, merchant_place

__all__ = ["describe", "describe_keys", "describe_platform", "write_description"]


def describe(
    identity: Identity, base_uri: str, tls_base_uri: str, directory: Path | None
) -> dict[str, Any]:
    """Return a description of the gateway, its first merchant and the platform.

    Args:
        identity: the identity of the first merchant.
        base_uri: the URL of the gateway.
        tls_base_uri: the URL of the gateway over TLS.
        directory: the data directory; the description contains absolute paths of its keys. None:
            the description contains the keys in PEM format.
    """
    keys = None if directory is None else directory.resolve() / "keys"
    return {
        "base_uri": base_uri,
        "tls_base_uri": tls_base_uri,
        "ca": _described(keys, NAMES["authority"], identity.authority),
        "console": f"{base_uri}_gateway/",
        "mchid": identity.mchid,
        "serial": identity.serial,
        **describe_keys(identity, directory, None),
        "apiv3_key": identity.apiv3_key,
        "secret": identity.secret,
        "appid": identity.appid,
        "platform": describe_platform(identity, directory, None),
    }


def describe_platform(
    identity: Identity, directory: Path | None, mchid: str | None
) -> dict[str, str]:
    """Return WeChat Pay's public key for a merchant, and the platform certificate, or their paths.

    Args:
        identity: the identity of the merchant.
        directory: the argument of `describe`.
        mchid: the merchant ID of the merchant; None means the gateway's first merchant.
    """
    keys = None if directory is None else merchant_place(directory, mchid)
    certificate = f"platform_cert_{identity.platform_serial}.pem"
    public_key = identity.platform_key.public_key()
    return {
        "public_key_id": identity.public_key_id,
        "public_key": _described(keys, PLATFORM_PUBLIC_KEY, public_key),
        "serial": identity.platform_serial,
        "certificate": _described(keys, certificate, identity.platform_certificate),
    }


def describe_keys(identity: Identity, directory: Path | None, mchid: str | None) -> dict[str, str]:
    """Return the private key and the certificate of a merchant, or their paths.

    Args:
        identity: the identity of the merchant.
        directory: the argument of `describe`.
        mchid: the merchant ID of the merchant; None means the gateway's first merchant.
    """
    if directory is not None:
        return merchant_files(directory, mchid)
    return {
        "private_key": pem(identity.merchant_key).decode(),
        "certificate": pem(identity.merchant_certificate).decode(),
    }


def _described(keys: Path | None, name: str, thing: Any) -> str:
    return pem(thing).decode() if keys is None else str(keys / name)


def write_description(description: dict[str, Any], directory: Path) -> Path:
    """Write `gateway.json`, and return its path.

    Raises:
        DataDirectoryError: the directory is not writable.
    """
    path = directory / "gateway.json"
    try:
        private_files.write(
            path, json.dumps(description, indent=2, ensure_ascii=False).encode() + b"\n"
        )
        private_files.write(directory / ".gitignore", b"*\n")
    except OSError as error:
        raise unwritable(directory, error) from error
    return path
