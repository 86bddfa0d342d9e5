"""A client's arguments from the `gateway.json` that a local gateway writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .crypto import keys
from .errors import ConfigurationError

__all__ = ["settings"]

NAMES = (
    "base_uri",
    "tls_base_uri",
    "ca",
    "mchid",
    "serial",
    "private_key",
    "certificate",
    "apiv3_key",
    "secret",
)
PLATFORM = ("public_key_id", "public_key", "serial", "certificate")


def settings(path: str | Path, *, tls: bool = False) -> dict[str, Any]:
    """Arguments for `WeChatPay`.

    Args:
        path: of `gateway.json`.
        tls: whether calls go over TLS, with the gateway's own authority trusted.

    Raises:
        ConfigurationError: the file is missing, or is not a gateway's.
    """
    told = _read(Path(path))
    found = {name: _text(told, name, path) for name in NAMES}
    platform = told.get("platform")
    if not isinstance(platform, dict):
        raise ConfigurationError(f"{path} has no platform: is it a gateway's gateway.json?")
    theirs = {name: _text(platform, name, path, "platform.") for name in PLATFORM}
    key = keys.private_key(Path(found["private_key"]))  # once: loading one takes its time
    return {
        "mchid": found["mchid"],
        "serial": found["serial"],
        "private_key": key,
        "certs": {
            theirs["public_key_id"]: Path(theirs["public_key"]),
            theirs["serial"]: Path(theirs["certificate"]),
        },
        "apiv3_key": found["apiv3_key"],
        "secret": found["secret"],
        "merchant": {"cert": Path(found["certificate"]), "key": key},
        "base_uri": found["tls_base_uri" if tls else "base_uri"],
        **({"verify": found["ca"]} if tls else {}),
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}; a gateway writes it: "
            "wechatpay-chain gateway --data DIR"
        ) from None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise ConfigurationError(f"{path} is not a JSON object: is it a gateway's gateway.json?")
    return told


def _text(told: dict[str, Any], name: str, path: str | Path, inside: str = "") -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{path} has no {inside}{name}: is it a gateway's gateway.json?")
    return value
