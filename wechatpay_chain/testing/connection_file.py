"""A client's arguments from the `gateway.json` that a local gateway writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NoReturn

from ..crypto import keys
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide

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
LARGEST = 64 * 1024
"""Bytes of a file that is read; a gateway writes less than two thousand."""
LONGEST = 4096
"""Characters of a member: a path may have as many."""


def settings(path: str | Path, *, tls: bool = False) -> dict[str, Any]:
    """Arguments for `WeChatPay`.

    Args:
        path: of `gateway.json`.
        tls: whether calls go over TLS, with the gateway's own authority trusted.

    Raises:
        ConfigurationError: the file is missing, or is not a gateway's.
    """
    told = _read(path)
    found = {name: _text(told, name, path) for name in NAMES}
    platform = told.get("platform")
    if not isinstance(platform, dict):
        _reject(path, "has no platform")
    theirs = {name: _text(platform, name, path, "platform.").reveal() for name in PLATFORM}
    key = keys.private_key(Path(found["private_key"].reveal()))  # once, for both uses
    return {
        "mchid": found["mchid"].reveal(),
        "serial": found["serial"].reveal(),
        "private_key": key,
        "certs": {
            theirs["public_key_id"]: Path(theirs["public_key"]),
            theirs["serial"]: Path(theirs["certificate"]),
        },
        "apiv3_key": found["apiv3_key"],
        "secret": found["secret"],
        "merchant": {"cert": Path(found["certificate"].reveal()), "key": key},
        "base_uri": found["tls_base_uri" if tls else "base_uri"].reveal(),
        **({"verify": found["ca"].reveal()} if tls else {}),
    }


def _read(path: str | Path) -> dict[str, Any]:
    """The members of the file; each of their values is hidden, as two of them are secrets."""
    if not isinstance(path, str | os.PathLike):
        raise ConfigurationError(f"the path of gateway.json is of type {type(path).__name__}")
    try:
        with Path(path).open("rb") as file:
            told = hide(_members(file.read(LARGEST + 1)))
    except OSError as error:
        raise ConfigurationError(
            f"{printable(path)} cannot be read: {error.strerror}; a gateway writes it: "
            "wechatpay-chain gateway --data DIR"
        ) from None
    except ValueError:  # the path holds a NUL, or cannot be encoded
        told = None
    if not isinstance(told, dict):
        _reject(path, "is not a JSON object")
    return told


def _members(content: bytes) -> Any:
    """What the file has; None where that is no JSON."""
    if len(content) > LARGEST:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _text(told: dict[str, Any], name: str, path: str | Path, inside: str = "") -> Secret[str]:
    value = told.get(name)
    if not isinstance(value, Secret) or not isinstance(value.reveal(), str) or not value:
        _reject(path, f"has no {inside}{name}")
    if printable(value.reveal(), LONGEST) != value.reveal():
        _reject(path, f"has a control character in {inside}{name}, or too long a text")
    return value


def _reject(path: str | Path, problem: str) -> NoReturn:
    raise ConfigurationError(f"{printable(path)} {problem}: is it a gateway's gateway.json?")
