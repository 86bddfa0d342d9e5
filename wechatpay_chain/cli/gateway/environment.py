"""`wechatpay-chain gateway --env`: prints the variables for `WeChatPay.from_env`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ...utils.display import printable
from ...utils.translation import _
from ..failure import Failure
from ..wording import shown

__all__ = ["lines", "variables"]

PEM = "-----BEGIN "
SCHEMES = {"PRIVATE KEY": "private.pkcs8://", "PUBLIC KEY": "public.spki://", "CERTIFICATE": ""}
"""The schemes of keys without line breaks, by their labels in PEM."""


def lines(description: Mapping[str, Any], mchid: str | None) -> str:
    """Return the variables as lines for a shell, for `docker --env-file`, or for a `.env` file.

    Args:
        description: the content of `gateway.json`.
        mchid: the merchant ID of the merchant; None means the gateway's first one.

    Raises:
        Failure: the merchant does not exist.
    """
    found = variables(description, mchid)
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in found.items())


def variables(description: Mapping[str, Any], mchid: str | None) -> dict[str, str]:
    """Return the variables of a merchant.

    Args:
        description: the content of `gateway.json`.
        mchid: the merchant ID of the merchant; None means the gateway's first one.

    Raises:
        Failure: the merchant does not exist.
    """
    own = _merchant(description, mchid)
    platform = own.get("platform", description["platform"])
    return {
        "WECHATPAY_BASE_URI": description["base_uri"],
        "WECHATPAY_MCHID": own["mchid"],
        "WECHATPAY_SERIAL": own["serial"],
        "WECHATPAY_PRIVATE_KEY": _one_line(own["private_key"]),
        "WECHATPAY_MERCHANT_CERT": _one_line(own["certificate"]),
        "WECHATPAY_MERCHANT_KEY": _one_line(own["private_key"]),
        "WECHATPAY_APIV3_KEY": own["apiv3_key"],
        "WECHATPAY_SECRET": own["secret"],
        "WECHATPAY_PUBLIC_KEY_ID": platform["public_key_id"],
        "WECHATPAY_PUBLIC_KEY": _one_line(platform["public_key"]),
        "WECHATPAY_CERTS": f"{platform['serial']}={_one_line(platform['certificate'])}",
        "WECHATPAY_APPID": own["appid"],
    }


def _merchant(description: Mapping[str, Any], mchid: str | None) -> Mapping[str, Any]:
    if mchid is None or mchid == description["mchid"]:
        return description
    merchants: Mapping[str, Any] = description.get("merchants", {})
    if mchid not in merchants:
        known = ", ".join(map(printable, merchants))
        raise Failure(
            _("the gateway has no merchant {mchid}", mchid=shown(mchid)),
            [_("Its merchants are {known}.", known=known)],
        )
    found: Mapping[str, Any] = merchants[mchid]
    return found


def _one_line(text: str) -> str:
    """Return a key without line breaks: a path as it is, and PEM as base64 with its scheme."""
    if not text.startswith(PEM):
        return text
    first, *body = text.strip().splitlines()
    label = first.removeprefix(PEM).removesuffix("-----")
    return SCHEMES[label] + "".join(body[:-1])
