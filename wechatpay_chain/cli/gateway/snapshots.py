"""The subcommands of `wechatpay-chain gateway` that take and restore snapshots."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import click

from ..usage import examples, json_option
from .common import control_of, gateway_options, show_made
from .responses import SNAPSHOT

__all__ = ["COMMANDS"]


@click.command(
    short_help="Remember all that the gateway has now, under a name.",
    epilog=examples("gateway snapshot prepared"),
)
@click.argument("name")
@gateway_options
@json_option
def snapshot(name: str, base_uri: str | None, data: Path | None, as_json: bool) -> None:
    """Take a snapshot under NAME: merchants, records, money, notifications, time and faults.

    A gateway with a data directory keeps it there, as DIR/snapshots/NAME.db. One that has the name
    is replaced.
    """
    show_made(control_of(base_uri, data), "snapshots", {"name": name}, SNAPSHOT, as_json)


@click.command(
    short_help="Have the gateway be as it was in a snapshot.",
    epilog=examples("gateway restore prepared"),
)
@click.argument("name")
@click.option("--elapsed", is_flag=True, help="Have the time since then pass as well.")
@gateway_options
@json_option
def restore(
    name: str, elapsed: bool, base_uri: str | None, data: Path | None, as_json: bool
) -> None:
    """Restore the snapshot NAME; what happened since then is gone."""
    path = f"snapshots/{quote(name, safe='', errors='surrogatepass')}/restore"
    show_made(control_of(base_uri, data), path, {"elapsed": elapsed}, SNAPSHOT, as_json)


COMMANDS: tuple[click.Command, ...] = (snapshot, restore)
