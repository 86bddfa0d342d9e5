"""The subcommands of `wechatpay-chain gateway` for bills: fill a day, change the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...utils.translation import _
from ..output import write_json
from ..usage import examples, json_option
from .common import control_of, facts, gateway_options
from .responses import FILLED, SETTINGS

__all__ = ["COMMANDS"]

FILLING = (5, 3600)
"""Timeouts in seconds: to connect, and to fill a day."""


@click.command(
    short_help="Fill a day's bills with generated payments.",
    epilog=examples(
        "gateway fill 1000000",
        "gateway fill 1000 --differences every --form partner",
        "gateway fill 1000 --difference amount=3 --difference missing_here=2",
    ),
)
@click.argument("orders", type=click.IntRange(min=1))
@click.option("--date", metavar="DAY", help="The day, such as 2026-11-25.  [default: yesterday]")
@click.option(
    "--refunds", type=click.FloatRange(0, 0.5), help="Refunds per order.  [default: 0.05]"
)
@click.option(
    "--seed",
    type=int,
    help="The random seed; the same seed generates the same bills.  [default: 1]",
)
@click.option("--form", type=click.Choice(["direct", "partner"]), help="[default: direct]")
@click.option(
    "--differences", type=click.Choice(["every"]), help="Create two differences of every class."
)
@click.option(
    "--difference",
    "wanted",
    multiple=True,
    metavar="CLASS=N",
    help="Create N differences of a class.",
)
@gateway_options
@json_option
def fill(
    orders: int,
    differences: str | None,
    wanted: tuple[str, ...],
    base_uri: str | None,
    data: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Fill a day's bills with ORDERS payments and their refunds, and show the result.

    These records exist only in the bills and cannot be queried. With differences, the bills differ
    from the merchant's orders in a known way.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if differences is not None or wanted:
        given["differences"] = differences or dict(map(_counted, wanted))
    made = control_of(base_uri, data).ask(
        "POST", "fill", {"orders": orders, **given}, like=FILLED, timeout=FILLING
    )
    if as_json:
        write_json(made)
    else:
        found = {name: count for name, count in made["expected"].items() if count}
        facts({"date": made["date"], "orders": made["orders"], **found})


def _counted(text: str) -> tuple[str, int]:
    name, _ignored, number = text.partition("=")
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise click.BadParameter(
            _("expected CLASS=N, such as amount=3."), param_hint="--difference"
        )
    return name, int(number)


@click.command(
    short_help="Change how bills are created.",
    epilog=examples("gateway bills", "gateway bills --fee-rate 0.0060 --next-day"),
)
@click.option("--fee-rate", metavar="RATE", help="The fee for payments, such as 0.0060.")
@click.option(
    "--next-day/--at-once",
    default=None,
    help="Whether a bill is ready at 10:00 of the next day, or at once.",
)
@click.option(
    "--parts", type=click.IntRange(1, 100), help="The number of files of an encrypted bill."
)
@gateway_options
@json_option
def bills(base_uri: str | None, data: Path | None, as_json: bool, **options: Any) -> None:
    """Change how the gateway creates bills, and show the current settings."""
    given = {name: value for name, value in options.items() if value is not None}
    changed = control_of(base_uri, data).ask("POST", "bills", given, like=SETTINGS)
    if as_json:
        write_json(changed)
    else:
        facts({name: changed[name] for name in SETTINGS})


COMMANDS: tuple[click.Command, ...] = (fill, bills)
