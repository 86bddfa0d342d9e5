"""`wechatpay-chain bills`: the group of the commands for bills."""

from __future__ import annotations

import click

from ..usage import examples
from .check import check
from .convert import convert
from .download import download
from .reconcile import reconcile
from .show import show
from .sql import sql

__all__ = ["bills"]

COMMANDS: tuple[click.Command, ...] = (download, show, check, convert, reconcile, sql)
"""The commands in the order of the help text."""


@click.group(
    short_help="Download and read bills, and reconcile them with your orders.",
    epilog=examples("bills download yesterday --to bills/"),
)
def bills() -> None:
    """Download, read and reconcile WeChat Pay's bills."""


for command in COMMANDS:
    bills.add_command(command)
