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
    short_help="Save the state of the gateway as a snapshot.",
    epilog=examples("gateway snapshot prepared"),
)
@click.argument("name")
@gateway_options
@json_option
def snapshot(name: str, base_uri: str | None, data: Path | None, as_json: bool) -> None:
    """Save a snapshot as NAME: merchants, records, money, notifications, time and faults.

    With a data directory, it is stored as DIR/snapshots/NAME.db. An existing snapshot of that name
    is replaced.
    """
    show_made(control_of(base_uri, data), "snapshots", {"name": name}, SNAPSHOT, as_json)


@click.command(
    short_help="Restore the gateway from a snapshot.",
    epilog=examples("gateway restore prepared"),
)
@click.argument("name")
@click.option("--elapsed", is_flag=True, help="Let the time since the snapshot pass too.")
@gateway_options
@json_option
def restore(
    name: str, elapsed: bool, base_uri: str | None, data: Path | None, as_json: bool
) -> None:
    """Restore the snapshot NAME and discard all later changes."""
    path = f"snapshots/{quote(name, safe='', errors='surrogatepass')}/restore"
    show_made(control_of(base_uri, data), path, {"elapsed": elapsed}, SNAPSHOT, as_json)


COMMANDS: tuple[click.Command, ...] = (snapshot, restore)
