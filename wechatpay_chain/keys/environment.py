"""Reads a client's arguments from `WECHATPAY_*` environment variables.

Other programs use the environment too: Kubernetes injects `WECHATPAY_SERVICE_HOST` and
`WECHATPAY_PORT_443_TCP` for a Service with that name. An unknown variable is therefore ignored,
unless its name is a likely misspelling of a known one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _

__all__ = ["GatewaySource", "gateway_of", "settings"]

PREFIX = "WECHATPAY_"
PLAIN = {
    "MCHID": "mchid",
    "SERIAL": "serial",
    "PRIVATE_KEY": "private_key",
    "APIV3_KEY": "apiv3_key",
    "SECRET": "secret",
    "BASE_URI": "base_uri",
    "PROXY": "proxy",
    "CA": "verify",
    "ANSWER_WITH": "answer_with",
    "APPID": "appid",
    "NOTIFY_URL": "notify_url",
}
KNOWN = frozenset(
    {
        *PLAIN,
        "PUBLIC_KEY_ID",
        "PUBLIC_KEY",
        "CERTS",
        "MERCHANT_CERT",
        "MERCHANT_KEY",
        "MERCHANT_P12",
        "MERCHANT_PASSPHRASE",
        "TIMEOUT",
        "GATEWAY",
        "CONTROL_TOKEN",
        "LANG",
    }
)
SECRET = frozenset({"private_key", "apiv3_key", "secret"})
"""Arguments that stay hidden until the client reads them."""
URLS = frozenset({"base_uri", "proxy"})
OLDER = KNOWN - {"APPID", "LANG", "NOTIFY_URL"}
"""Names for which misspellings are reported; programs may have their own `APP_ID`."""
LONG = 5
"""Minimum length of a name for which one wrong letter counts as a misspelling."""


class GatewaySource(NamedTuple):
    """A local gateway that replaces WeChat Pay.

    Attributes:
        address: the path of its `gateway.json`, or its address, optionally with a token.
        mchid: the merchant ID; None selects the gateway's first merchant.
        notify_url: the notification URL, or None.
    """

    address: Secret[str]
    mchid: str | None
    notify_url: str | None = None


def gateway_of(environ: Mapping[str, str]) -> GatewaySource | None:
    """Return the gateway in `WECHATPAY_GATEWAY`, or None without this variable.

    The gateway supplies all keys and addresses, so only two other variables apply:
    `WECHATPAY_MCHID` selects the merchant, and `WECHATPAY_NOTIFY_URL` is the application's
    notification URL.

    Args:
        environ: the environment; an empty variable counts as unset.
    """
    if not isinstance(environ, Mapping):
        return None
    address = hide(environ.get(f"{PREFIX}GATEWAY"))
    mchid, notify_url = (reveal(environ.get(f"{PREFIX}{name}")) for name in ("MCHID", "NOTIFY_URL"))
    return GatewaySource(address, mchid or None, notify_url or None) if address else None


def settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments for `WeChatPay`.

    Args:
        environ: the environment; an empty variable counts as unset.

    Returns:
        The arguments by name, with secrets hidden in `Secret`.

    Raises:
        ConfigurationError: `WECHATPAY_MCHID` is missing, a variable is malformed, or a name is a
            misspelling of a known one.
    """
    environ = hide(environ)
    if not isinstance(environ, Mapping):
        raise ConfigurationError(
            _(
                "environ is of type {type}: expected a mapping",
                type=type(reveal(environ)).__name__,
            )
        )
    given = {
        name.removeprefix(PREFIX): value
        for name, value in environ.items()
        if isinstance(name, str) and name.startswith(PREFIX) and reveal(value)
    }
    for name in sorted(given.keys() - KNOWN):
        if known := _suggestion(name):
            raise ConfigurationError(
                _(
                    "unknown variable {prefix}{name}: did you mean {prefix}{known}? The "
                    "variables are {known_2}",
                    prefix=PREFIX,
                    name=printable(name, 80),
                    known=known,
                    known_2=", ".join(PREFIX + name for name in sorted(KNOWN)),
                )
            )
    if "MCHID" not in given:
        raise ConfigurationError(_("{prefix}MCHID is not set", prefix=PREFIX))
    for name in KNOWN & given.keys():
        if not isinstance(reveal(given[name]), str):
            raise ConfigurationError(
                _(
                    "{prefix}{name} is of type {type}: expected a str",
                    prefix=PREFIX,
                    name=name,
                    type=type(reveal(given[name])).__name__,
                )
            )
    timeout = {"timeout": _timeout(reveal(given["TIMEOUT"]))} if "TIMEOUT" in given else {}
    certs = _certs(given)
    merchant = _merchant(given)
    return {
        **{
            argument: given[name] if argument in SECRET else _plain(argument, given[name])
            for name, argument in PLAIN.items()
            if name in given
        },
        **({"certs": certs} if certs else {}),
        **({"merchant": merchant} if merchant else {}),
        **timeout,
    }


def _plain(argument: str, value: Any) -> Any:
    """Convert a value that is not a key; a trailing line break from a file is removed."""
    return reveal(value).strip() if argument in URLS else reveal(value)


def _suggestion(name: str) -> str:
    """Return the known name that an unknown one misspells; empty if there is none."""
    plain = _squashed(name)
    for known in sorted(OLDER):
        other = _squashed(known)
        if plain == other or (len(other) >= LONG and _one_slip(plain, other)):
            return known
    return ""


def _squashed(name: str) -> str:
    return name.upper().replace("_", "").replace("-", "")


def _one_slip(one: str, other: str) -> bool:
    """Return whether two texts differ by one wrong, missing or extra letter, or one swap."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((at for at, sign in enumerate(short) if sign != long[at]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]


def _certs(given: Mapping[str, Any]) -> dict[str, Any]:
    certs = _pairs(reveal(given.get("CERTS", "")))
    if certs is None:
        raise ConfigurationError(
            _(
                "{prefix}CERTS: expected ID=path, several separated by commas",
                prefix=PREFIX,
            )
        )
    if ("PUBLIC_KEY" in given) != ("PUBLIC_KEY_ID" in given):
        raise ConfigurationError(
            _("set {prefix}PUBLIC_KEY and {prefix}PUBLIC_KEY_ID together", prefix=PREFIX)
        )
    if "PUBLIC_KEY" in given:
        certs[reveal(given["PUBLIC_KEY_ID"])] = given["PUBLIC_KEY"]
    return certs


def _pairs(text: str) -> dict[str, Any] | None:
    """Parse `ID=path,…`, or return None; an error raised here could expose a secret."""
    pairs = [each.partition("=") for each in text.split(",") if each.strip()]
    if not all(serial.strip() and key.strip() for serial, _ignored, key in pairs):
        return None
    return {serial.strip(): hide(key.strip()) for serial, _ignored, key in pairs}


def _merchant(given: Mapping[str, Any]) -> dict[str, Any]:
    if "MERCHANT_P12" in given:
        passphrase = given.get("MERCHANT_PASSPHRASE", "")
        return {"p12": given["MERCHANT_P12"], "passphrase": passphrase}
    pair = {"cert": given.get("MERCHANT_CERT", ""), "key": given.get("MERCHANT_KEY", "")}
    return pair if any(map(reveal, pair.values())) else {}


def _timeout(text: str) -> tuple[float, ...] | float:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigurationError(
            _(
                "{prefix}TIMEOUT {text!r}: expected seconds, as one number or connect,read",
                prefix=PREFIX,
                text=printable(text, 80),
            )
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers
