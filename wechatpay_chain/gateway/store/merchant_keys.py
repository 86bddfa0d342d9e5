"""Keys of the merchants added to a gateway, created once and then loaded.

DIR/merchants/NUMBER/apiclient_key.pem, apiclient_cert.pem like the first merchant's in DIR/keys
DIR/merchants/NUMBER/secrets.json                            its symmetric keys
DIR/merchants/NUMBER/platform_*.pem, pub_key.pem                    WeChat Pay's keys for it
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ...utils import private_files
from ...utils.files import replace
from ...utils.translation import _
from .data_directory import (
    NAMES,
    SECRETS,
    DataDirectoryError,
    forget_platforms,
    read_certificate,
    read_key,
    read_platforms,
    read_text,
    unwritable,
    write_secrets,
)
from .identity import Identity, pem
from .profile import Profile

__all__ = ["load_merchant", "merchant_files", "merchant_place", "save_merchant"]

FOLDER = "merchants"
TEXTS = ("apiv3_key", "secret")


def load_merchant(first: Identity, profile: Profile, directory: Path | None) -> Identity:
    """Load the identity of a merchant from a directory, or create and save a new one.

    Args:
        first: the identity of the gateway's first merchant, with the authority's keys.
        profile: the profile of the merchant.
        directory: the gateway's; None keeps the keys in memory.

    Raises:
        DataDirectoryError: keys are not readable or writable.
    """
    if directory is None:
        return first.joined_by(profile.mchid, profile.apps[0])
    place = directory / FOLDER / profile.mchid
    try:
        if private_files.is_there(place):
            return _loaded(first, profile, place)
        identity = first.joined_by(profile.mchid, profile.apps[0])
        _create(identity, place)
        return identity
    except OSError as error:
        raise unwritable(directory, error) from error


def save_merchant(identity: Identity, directory: Path) -> None:
    """Write the keys of a merchant into the gateway's directory, in place of other keys.

    Raises:
        DataDirectoryError: the directory is not writable.
    """
    place = directory / FOLDER / identity.mchid
    try:
        if private_files.is_there(place):
            known = place / NAMES["merchant_certificate"]
            if known.exists() and private_files.read(known) == pem(identity.merchant_certificate):
                write_secrets(identity, TEXTS, place)
                forget_platforms(identity, place)
                return
            shutil.rmtree(place)
        _create(identity, place)
    except OSError as error:
        raise unwritable(directory, error) from error


def merchant_place(directory: Path, mchid: str | None) -> Path:
    """Return the absolute path of the directory with a merchant's keys.

    Args:
        directory: the gateway's.
        mchid: the merchant ID of the merchant; None means the gateway's first merchant.
    """
    return directory.resolve() / ("keys" if mchid is None else f"{FOLDER}/{mchid}")


def merchant_files(directory: Path, mchid: str | None) -> dict[str, str]:
    """Return the absolute paths of a merchant's key and certificate.

    Args:
        directory: the gateway's.
        mchid: the merchant ID of the merchant; None means the gateway's first merchant.
    """
    place = merchant_place(directory, mchid)
    return {
        "private_key": str(place / NAMES["merchant_key"]),
        "certificate": str(place / NAMES["merchant_certificate"]),
    }


def _loaded(first: Identity, profile: Profile, place: Path) -> Identity:
    try:
        secrets: dict[str, Any] = json.loads(private_files.read(place / SECRETS))
        is_older = "platforms" not in secrets  # with the same keys of WeChat Pay for all merchants
        identity = first.known_as(
            profile.mchid,
            profile.apps[0],
            read_key(place / NAMES["merchant_key"]),
            read_certificate(place / NAMES["merchant_certificate"]),
            {name: read_text(secrets, name) for name in TEXTS},
            first.platforms if is_older else read_platforms(secrets, place),
        )
        if is_older:
            write_secrets(identity, TEXTS, place)
        return identity
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise DataDirectoryError(
            _(
                "the keys in {place} cannot be read ({type}: {error})",
                place=place,
                type=type(error).__name__,
                error=error,
            ),
            _("choose another directory, or delete this one to start from scratch"),
        ) from error


def _create(identity: Identity, place: Path) -> None:
    """Create the directory of a merchant with all its files atomically."""
    private_files.make_directory(place.parent)
    part = Path(tempfile.mkdtemp(prefix=".merchant.", dir=place.parent))
    try:
        for attribute in ("merchant_key", "merchant_certificate"):
            private_files.write(part / NAMES[attribute], pem(getattr(identity, attribute)))
        write_secrets(identity, TEXTS, part)
        replace(part, place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
