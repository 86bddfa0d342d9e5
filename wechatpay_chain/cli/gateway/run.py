"""`wechatpay-chain gateway`: runs a local WeChat Pay; `controls` has the subcommands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...utils.display import printable, printable_json
from ..failure import LONGEST, Failure
from ..output import tell, write
from ..usage import examples
from . import beside, bills, common, controls, environment, records, scenarios, snapshots
from .products import ProductCommands

if TYPE_CHECKING:
    from ...gateway.store.identity import Way

__all__ = ["gateway"]


@click.group(
    cls=ProductCommands,
    invoke_without_command=True,
    short_help="Run and control a local WeChat Pay for tests.",
    epilog=examples(
        "gateway --data ./wechatpay",
        "gateway pay native-0001",
        "gateway trigger REFUND.SUCCESS --to http://127.0.0.1:8000/notify",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8790,
    show_default=True,
    help="The HTTP port; 0 selects a free port.",
)
@click.option(
    "--tls-port",
    type=click.IntRange(0, 65535),
    default=8791,
    show_default=True,
    help="The HTTPS port; 0 selects a free port.",
)
@click.option(
    "--data",
    type=common.DIRECTORY,
    metavar="DIR",
    help="The directory for keys and orders. Without it, they are lost when the gateway stops.",
)
@click.option(
    "--time-scale",
    type=click.FloatRange(min=0, min_open=True),
    default=1,
    metavar="N",
    help="Run time N times as fast, for the expiry of orders and the retries of notifications.",
)
@click.option(
    "--signs-with",
    type=click.Choice(["public_key", "certificate", "public_key_only"]),
    default="public_key",
    show_default=True,
    help="Whether the merchant uses WeChat Pay's public key or platform certificates.",
)
@click.option(
    "--merchants",
    type=click.IntRange(1, 999),
    default=1,
    show_default=True,
    metavar="N",
    help="The number of merchants, each with its own keys.",
)
@click.option(
    "--scenario",
    type=common.FILE,
    metavar="FILE",
    help="A scenario to load at the start: merchants, orders, faults and so on.",
)
@click.option(
    "--snapshot", type=common.FILE, metavar="FILE", help="A snapshot to restore at the start."
)
@click.option(
    "--public-url", default="", metavar="URL", help="The address for clients on other machines."
)
@click.option(
    "--control-token",
    default="",
    envvar="WECHATPAY_CONTROL_TOKEN",
    metavar="TOKEN",
    help="A token that allows other machines to use the control API and the console; better "
    "set as WECHATPAY_CONTROL_TOKEN.",
)
@click.option("--inline-keys", is_flag=True, help="Write the keys themselves into gateway.json.")
@click.option(
    "--show-secrets",
    is_flag=True,
    help="Show the plaintext of encrypted fields, which is masked by default.",
)
@click.option("--quiet", is_flag=True, help="Do not print a line for each request.")
@click.option(
    "--env", "as_env", is_flag=True, help="Print a client's WECHATPAY_* variables and exit."
)
@click.option("--mchid", metavar="MCHID", help="The merchant of --env.  [default: the first]")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the configuration of a client as JSON."
)
@click.pass_context
def gateway(
    context: click.Context,
    /,
    host: str,
    port: int,
    tls_port: int,
    data: Path | None,
    time_scale: float,
    signs_with: Way,
    merchants: int,
    scenario: Path | None,
    snapshot: Path | None,
    as_env: bool,
    mchid: str | None,
    as_json: bool,
    **others: Any,
) -> None:
    """Run a local WeChat Pay until Ctrl-C, or control a running one with a subcommand.

    It validates requests, keeps orders, signs responses and sends notifications like WeChat Pay. A
    client reads its configuration from DIR/gateway.json: WeChatPay.from_gateway(path) in Python.
    """
    if context.invoked_subcommand is not None:
        context.obj = common.GatewayOptions(data, others["control_token"])
        return
    if as_env:
        write(environment.lines(common.description(data, others["control_token"]), mchid))
        return
    from ...gateway.program import CannotRun, Settings, run

    settings = Settings(
        host,
        port,
        tls_port,
        data,
        time_scale,
        signs_with,
        as_json,
        merchants,
        scenario,
        snapshot,
        **others,
    )
    try:
        run(settings, _say, tell)
    except CannotRun as error:
        raise Failure(str(error), [error.hint]) from None


def _say(text: str) -> None:
    # Names of directories and files can contain control characters.
    shown = printable_json(text) if text.startswith("{") else _printable_lines(text)
    write(f"{shown}\n")
    if sys.stdout is not None:
        sys.stdout.flush()


def _printable_lines(text: str) -> str:
    return "\n".join(printable(line, LONGEST) for line in text.split("\n"))


for command in (
    *controls.COMMANDS,
    *records.COMMANDS,
    *bills.COMMANDS,
    *snapshots.COMMANDS,
    *scenarios.COMMANDS,
    *beside.COMMANDS,
):
    gateway.add_command(command)
