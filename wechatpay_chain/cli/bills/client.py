"""The client of the commands for bills."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..usage import PathType

if TYPE_CHECKING:
    from ...client import WeChatPay

__all__ = ["client", "gateway_option"]


def gateway_option(function: Any) -> Any:
    """Add the option that selects a local gateway."""
    option = click.option(
        "--gateway",
        type=PathType(),
        metavar="DIR",
        help="Use the local gateway with this data directory instead of WeChat Pay.",
    )
    return option(function)


def client(gateway: Path | None) -> WeChatPay:
    """Return a client of a local gateway, or of the merchant in the `WECHATPAY_*` variables.

    Args:
        gateway: data directory of the gateway.

    Raises:
        ConfigurationError: `gateway.json` or a variable is missing or malformed.
    """
    from ...client import WeChatPay

    if gateway is not None:
        return WeChatPay.from_gateway(gateway / "gateway.json")
    return WeChatPay.from_env()
