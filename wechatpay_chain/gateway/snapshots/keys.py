"""The keys of a gateway's merchants as JSON, for a saved snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from cryptography import x509

from ...utils.translation import _
from ..store.data_directory import key_of, read_text
from ..store.identity import Identity, Platform, Way, pem

__all__ = ["identities_from", "keys_as_json"]

TEXTS = ("mchid", "appid", "apiv3_key", "secret", "signs_with")
OWN = ("merchant_key", "merchant_certificate")
SHARED = ("server_key", "server_certificate", "authority_key", "authority")
"""The keys that all merchants of a gateway share, besides the platform's keys."""

Keys = dict[str, Any]


def keys_as_json(identities: Mapping[str, Identity]) -> Keys:
    """Return all keys of all merchants, including private keys.

    Args:
        identities: the keys by merchant ID, with the first merchant first.
    """
    first = next(iter(identities.values()))
    return {
        **{name: _text(getattr(first, name)) for name in SHARED},
        "merchants": [
            {
                **{name: getattr(each, name) for name in TEXTS},
                **{name: _text(getattr(each, name)) for name in OWN},
                "platforms": [_platform_as_json(platform) for platform in each.platforms],
            }
            for each in identities.values()
        ],
    }


def _platform_as_json(platform: Platform) -> dict[str, str]:
    return {
        "key": _text(platform.key),
        "certificate": _text(platform.certificate),
        "public_key_id": platform.public_key_id,
    }


def identities_from(keys: Keys) -> dict[str, Identity]:
    """Return the identities from the result of `keys_as_json`, by merchant ID.

    Raises:
        LookupError, TypeError, ValueError: the content is invalid.
    """
    first, *others = (
        {
            **{name: read_text(each, name) for name in TEXTS},
            **{name: _key(each, name) for name in OWN},
            # Older versions had the same keys of WeChat Pay for all merchants.
            "platforms": _platforms(each if "platforms" in each else keys),
        }
        for each in keys["merchants"]
    )
    shared = {name: _key(keys, name) for name in SHARED}
    own = Identity(**shared, **first)
    found = [own, *(replace(own, **each) for each in others)]
    if not all(each.signs_with in get_args(Way) for each in found):
        raise ValueError(
            _("signs_with: expected one of {expected}", expected=", ".join(get_args(Way)))
        )
    return {each.mchid: each for each in found}


def _platforms(keys: Keys) -> tuple[Platform, ...]:
    platforms = tuple(
        Platform(
            key_of(each["key"].encode(), _("the key of the platform")),
            x509.load_pem_x509_certificate(each["certificate"].encode()),
            read_text(each, "public_key_id"),
        )
        for each in keys["platforms"]
    )
    if not platforms:
        raise ValueError(_("the platform has no key"))
    return platforms


def _text(thing: Any) -> str:
    return pem(thing).decode()


def _key(keys: Keys, name: str) -> Any:
    content = keys[name].encode()
    return (
        key_of(content, name) if name.endswith("_key") else x509.load_pem_x509_certificate(content)
    )
