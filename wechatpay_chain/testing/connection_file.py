"""Reads a client's arguments from the `gateway.json` that a local gateway writes or serves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from ..crypto import keys, pem
from ..messages.authority import Origin, origin, split
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _
from .gateway_url import GatewayURL, fetch, is_url, parse

__all__ = ["ConnectionFile", "settings"]

ADDRESSES = ("base_uri", "tls_base_uri", "ca")
OWN = ("mchid", "serial", "private_key", "certificate", "apiv3_key", "secret")
"""The members of one merchant."""
NAMES = (*ADDRESSES, *OWN)
"""The members of the file for the gateway's first merchant."""
PLATFORM = ("public_key_id", "public_key", "serial", "certificate")
LARGEST = 4 * 1024 * 1024
"""Maximum bytes of a file; a gateway writes less than two thousand for each merchant."""
KEYS = ("ca", "private_key", "public_key", "certificate")
"""Members that may contain a key or a certificate in PEM."""
TOKEN = "WECHATPAY_CONTROL_TOKEN"  # noqa: S105 - the name of the variable
"""The variable with the control token for a gateway address without a token."""
SHOWN = 10
"""Maximum number of merchants in an error."""
LONGEST = 4096
"""Maximum characters of a member, enough for a path."""
LONGEST_KEY = 16_384
"""Maximum characters of a key or a certificate in PEM."""
PEM = "-----BEGIN "
Source = str | Path | Secret[str]
Place = Path | GatewayURL
"""The location of the description: a file, or a parsed address."""


class ConnectionFile(Mapping[str, dict[str, Any]]):
    """The merchants of a local gateway by number, with arguments for `WeChatPay`.

    The file is read on each access, so a merchant added to the gateway later is found.

    Args:
        path: the path of `gateway.json`, or the address of a gateway that serves it.
        tls: whether calls use TLS; `shared` then contains the authority to trust.

    Attributes:
        shared: arguments that apply to all merchants.

    Raises:
        ConfigurationError: the file does not exist, or a gateway did not write it.
    """

    def __init__(self, path: Source, *, tls: bool = False) -> None:
        path = hide(path)
        self._path = _taken_apart(path)
        self._tls = tls
        first = _settings(self._path, tls, None)
        self.shared = {"verify": first["verify"]} if tls else {}

    def __getitem__(self, mchid: str) -> dict[str, Any]:
        if mchid not in _numbers(_read(self._path), self._path):
            raise KeyError(mchid)
        found = _settings(self._path, self._tls, mchid)
        return {name: each for name, each in found.items() if name != "verify"}

    def __iter__(self) -> Iterator[str]:
        return iter(_numbers(_read(self._path), self._path))

    def __len__(self) -> int:
        return len(_numbers(_read(self._path), self._path))

    def __repr__(self) -> str:
        return f"<ConnectionFile {_place(self._path)}>"

    def __sentry_repr__(self) -> str:
        return repr(self)  # Sentry's SDK would otherwise read every item of the mapping


def settings(path: Source, *, tls: bool = False, mchid: str | None = None) -> dict[str, Any]:
    """Return arguments for `WeChatPay`.

    Args:
        path: the path of `gateway.json`, or the address of a gateway that serves it; hidden or not,
            because an address may contain a token.
        tls: whether calls use TLS and trust the gateway's own authority.
        mchid: the merchant ID; None selects the gateway's first merchant.

    Raises:
        ConfigurationError: the file or merchant does not exist, or a gateway did not write the
            file.
    """
    path = hide(path)
    return _settings(_taken_apart(path), tls, mchid)


def _taken_apart(path: Any) -> Place:
    """Parse a location, so that no traceback shows its token."""
    if is_url(path):
        return parse(path, os.environ.get(TOKEN, ""))
    path = reveal(path)
    if not isinstance(path, str | os.PathLike):
        raise ConfigurationError(
            _("the path of gateway.json is of type {type}", type=type(path).__name__)
        )
    return Path(path)


def _settings(path: Place, tls: bool, mchid: str | None) -> dict[str, Any]:
    told = _read(path)
    found = {name: _text(told, name, path) for name in ADDRESSES}
    own, inside = _merchant(told, mchid, path)
    found |= {name: _text(own, name, path, inside) for name in OWN}
    inside = inside if "platform" in own else ""  # older gateways have one for all merchants
    platform = own.get("platform", told.get("platform"))
    if not isinstance(platform, dict):
        _reject(path, _("has no platform"))
    theirs = {name: _text(platform, name, path, f"{inside}platform.") for name in PLATFORM}
    appid = own.get("appid")
    key = keys.private_key(_key_source(found["private_key"]))  # parsed once, for both uses
    return {
        "mchid": found["mchid"].reveal(),
        "serial": found["serial"].reveal(),
        "private_key": key,
        "certs": {
            theirs["public_key_id"].reveal(): _key_source(theirs["public_key"]),
            theirs["serial"].reveal(): _key_source(theirs["certificate"]),
        },
        "apiv3_key": found["apiv3_key"],
        "secret": found["secret"],
        **({"appid": appid.reveal()} if isinstance(appid, Secret) else {}),
        "merchant": {"cert": _key_source(found["certificate"]), "key": key},
        "base_uri": _reached(path, found["tls_base_uri" if tls else "base_uri"].reveal()),
        **({"verify": found["ca"].reveal()} if tls else {}),
    }


def _key_source(text: Secret[str]) -> Any:
    """Return a key in a form for the client: PEM text, or the path of a file."""
    return text if text.reveal().startswith(PEM) else Path(text.reveal())


def _reached(path: Place, base_uri: str) -> str:
    """Return the base URI by which a client reaches the gateway.

    A gateway reached by a host name is reached by that name again, because the address in the file
    may be valid only on the gateway's machine.
    """
    if not isinstance(path, GatewayURL):
        return base_uri
    at, described = path.origin, split(base_uri, "base_uri")[0]
    return f"{origin(described.scheme, at.host, _port(at, described))}/"


def _port(at: Origin, described: Origin) -> int:
    return at.port if at.scheme == described.scheme else described.port


def _merchant(told: dict[str, Any], mchid: str | None, path: Place) -> tuple[dict[str, Any], str]:
    """Return the members of a merchant, and where they were found."""
    if mchid is None or mchid == _text(told, "mchid", path).reveal():
        return told, ""
    numbers = _numbers(told, path)
    own = told["merchants"][mchid] if mchid in numbers[1:] else None
    if not isinstance(own, dict):
        known = ", ".join(numbers[:SHOWN]) + (", …" if len(numbers) > SHOWN else "")
        raise ConfigurationError(
            _(
                "{place} has no merchant {mchid}; its merchants are {known}",
                place=_place(path),
                mchid=printable(mchid, 40),
                known=known,
            )
        )
    inside = f"merchants.{mchid}."
    if _text(own, "mchid", path, inside).reveal() != mchid:
        _reject(path, _("has a different mchid in {place}", place=inside[:-1]))
    return own, inside


def _numbers(told: dict[str, Any], path: Place) -> list[str]:
    """Return the numbers of all merchants, starting with the first merchant's."""
    first, others = _text(told, "mchid", path).reveal(), told.get("merchants")
    if others is None:
        return [first]  # written by an older version
    if not isinstance(others, dict) or not all(each.isalnum() for each in others):
        _reject(path, _("has an invalid merchant in merchants"))
    return [first, *(each for each in others if each != first)]


def _read(path: Place) -> dict[str, Any]:
    """Return the members of the file with hidden values, because some are secrets."""
    if isinstance(path, GatewayURL):
        told = hide(_members(fetch(path)))
        if not isinstance(told, dict):
            _reject(path, _("is not a JSON object"))
        return told
    try:
        with path.open("rb") as file:
            told = hide(_members(file.read(LARGEST + 1)))
    except OSError as error:
        raise ConfigurationError(
            _(
                "{path} cannot be read: {strerror}; to create it: wechatpay-chain gateway --data "
                "DIR",
                path=printable(path),
                strerror=error.strerror,
            )
        ) from None
    except ValueError:  # the path contains a NUL, or cannot be encoded
        told = None
    if not isinstance(told, dict):
        _reject(path, _("is not a JSON object"))
    return told


def _members(content: bytes) -> Any:
    """Parse the file; returns None if it is not JSON."""
    if len(content) > LARGEST:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _text(told: dict[str, Any], name: str, path: Place, inside: str = "") -> Secret[str]:
    value = told.get(name)
    if not isinstance(value, Secret) or not isinstance(value.reveal(), str) or not value:
        _reject(path, _("has no {name}", name=f"{inside}{name}"))
    is_key = name in KEYS and value.reveal().startswith(PEM)
    is_material = is_key and pem.is_content(value.reveal())
    if isinstance(path, GatewayURL) and name in KEYS and not is_material:
        # It would be read as a path: the server could select any key on this machine for signing
        _reject(path, _("has no PEM in {name}", name=f"{inside}{name}"))
    plain = value.reveal().replace("\n", "") if is_key else value.reveal()
    if printable(plain, LONGEST_KEY if is_key else LONGEST) != plain:
        _reject(
            path, _("has a control character or too long a text in {name}", name=f"{inside}{name}")
        )
    return value


def _reject(path: Place, problem: str) -> NoReturn:
    raise ConfigurationError(
        _(
            "{place} {problem}: check that it is the gateway.json of a gateway",
            place=_place(path),
            problem=problem,
        )
    )


def _place(path: Place) -> str:
    """Return a location for an error message, without a token."""
    return f"{path.origin}/" if isinstance(path, GatewayURL) else printable(path)
