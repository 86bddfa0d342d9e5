"""A client's arguments from `WECHATPAY_*` environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import ConfigurationError

__all__ = ["settings"]

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
    }
)


def settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Arguments for `WeChatPay`.

    Args:
        environ: the environment; an empty variable counts as not set.

    Raises:
        ConfigurationError: `WECHATPAY_MCHID` is missing, or a variable is malformed or unknown.
    """
    given = {
        name.removeprefix(PREFIX): value
        for name, value in environ.items()
        if name.startswith(PREFIX) and value
    }
    unknown = sorted(given.keys() - KNOWN)
    if unknown:
        raise ConfigurationError(
            f"unknown variable {PREFIX}{unknown[0]}; known are "
            f"{', '.join(PREFIX + name for name in sorted(KNOWN))}"
        )
    if "MCHID" not in given:
        raise ConfigurationError(f"{PREFIX}MCHID is not set")
    arguments: dict[str, Any] = {
        argument: given[name] for name, argument in PLAIN.items() if name in given
    }
    certs = _certs(given)
    if certs:
        arguments["certs"] = certs
    merchant = _merchant(given)
    if merchant:
        arguments["merchant"] = merchant
    if "TIMEOUT" in given:
        arguments["timeout"] = _timeout(given["TIMEOUT"])
    return arguments


def _certs(given: Mapping[str, str]) -> dict[str, str]:
    certs = {}
    for pair in filter(None, given.get("CERTS", "").split(",")):
        serial, separator, key = pair.strip().partition("=")
        if not (separator and serial and key):
            raise ConfigurationError(
                f"{PREFIX}CERTS: expected is ID=path, several of them separated by commas"
            )
        certs[serial] = key
    if ("PUBLIC_KEY" in given) != ("PUBLIC_KEY_ID" in given):
        raise ConfigurationError(f"{PREFIX}PUBLIC_KEY and {PREFIX}PUBLIC_KEY_ID go together")
    if "PUBLIC_KEY" in given:
        certs[given["PUBLIC_KEY_ID"]] = given["PUBLIC_KEY"]
    return certs


def _merchant(given: Mapping[str, str]) -> dict[str, str]:
    if "MERCHANT_P12" in given:
        passphrase = given.get("MERCHANT_PASSPHRASE", "")
        return {"p12": given["MERCHANT_P12"], "passphrase": passphrase}
    pair = {"cert": given.get("MERCHANT_CERT", ""), "key": given.get("MERCHANT_KEY", "")}
    return pair if any(pair.values()) else {}


def _timeout(text: str) -> tuple[float, ...] | float:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigurationError(
            f"{PREFIX}TIMEOUT {text!r}: expected are seconds, one number or connect,read"
        ) from None
    return numbers[0] if len(numbers) == 1 else numbers
