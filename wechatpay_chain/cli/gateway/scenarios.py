"""The subcommand of `wechatpay-chain gateway` that loads a scenario into a running gateway."""

from __future__ import annotations

from pathlib import Path

import click

from ...utils.translation import _
from ..failure import Failure
from ..output import tell, write_json
from ..usage import examples, json_option
from .common import FILE, control_of, gateway_options
from .responses import LOADED

__all__ = ["COMMANDS"]

LOADING = (5, 600)
"""Timeouts in seconds: to connect, and to load a scenario."""


@click.command(
    short_help="Load a scenario: merchants, orders, refunds and so on.",
    epilog=examples("gateway load scenario.yaml"),
)
@click.argument("file", type=FILE)
@gateway_options
@json_option
def load(file: Path, base_uri: str | None, data: Path | None, as_json: bool) -> None:
    """Load the scenario FILE, YAML or JSON, into the gateway: all of it or nothing.

    For the format, see the guide docs/gateway-scenarios.md.
    """
    from ...gateway.scenarios import ScenarioError, check, read

    try:
        document = read(file)
        check(document)
    except ScenarioError as error:
        raise Failure(str(error)) from None
    control = control_of(base_uri, data)
    loaded = control.ask("POST", "scenarios", document.value, like=LOADED, timeout=LOADING)
    if as_json:
        write_json(loaded)
    else:
        tell(
            _(
                "loaded; the gateway has the merchants {loaded}",
                loaded=", ".join(loaded["merchants"]),
            )
        )


COMMANDS: tuple[click.Command, ...] = (load,)
