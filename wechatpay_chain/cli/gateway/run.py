"""`wechatpay-chain gateway`: run a local WeChat Pay; `controls` has the subcommands."""

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
    short_help="Run a local WeChat Pay to test against, and control it.",
    epilog=examples(
        "gateway --data ./wechatpay",
        "gateway pay native-0001",
        "gateway trigger REFUND.SUCCESS --to http://127.0.0.1:8000/notify",
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8790,
    show_default=True,
    help="For http; 0 takes a free one.",
)
@click.option(
    "--tls-port",
    type=click.IntRange(0, 65535),
    default=8791,
    show_default=True,
    help="For https; 0 takes a free one.",
)
@click.option(
    "--data",
    type=common.DIRECTORY,
    metavar="DIR",
    help="Where keys and orders live. Without it they go when the gateway ends.",
)
@click.option(
    "--time-scale",
    type=click.FloatRange(min=0, min_open=True),
    default=1,
    metavar="N",
    help="Let its time run N times as fast: orders expire, notifications are repeated.",
)
@click.option(
    "--signs-with",
    type=click.Choice(["public_key", "certificate", "public_key_only"]),
    default="public_key",
    show_default=True,
    help="Which of WeChat Pay's keys the merchant uses.",
)
@click.option(
    "--merchants",
    type=click.IntRange(1, 999),
    default=1,
    show_default=True,
    metavar="N",
    help="How many merchants there are, each with its own keys.",
)
@click.option(
    "--scenario",
    type=common.FILE,
    metavar="FILE",
    help="Merchants, orders, faults and so on that the gateway has at its start.",
)
@click.option(
    "--snapshot", type=common.FILE, metavar="FILE", help="A snapshot that the gateway starts from."
)
@click.option(
    "--public-url", default="", metavar="URL", help="Where clients on other machines reach it."
)
@click.option(
    "--control-token",
    default="",
    envvar="WECHATPAY_CONTROL_TOKEN",
    metavar="TOKEN",
    help="Lets its owner use the control API and the console from elsewhere; better given as "
    "WECHATPAY_CONTROL_TOKEN.",
)
@click.option("--inline-keys", is_flag=True, help="Put the keys themselves into gateway.json.")
@click.option(
    "--show-secrets", is_flag=True, help="Show plaintext of encrypted fields, which is masked."
)
@click.option("--quiet", is_flag=True, help="Print no line for each request.")
@click.option(
    "--env", "as_env", is_flag=True, help="Print a client's WECHATPAY_* variables, and end."
)
@click.option("--mchid", metavar="NUMBER", help="The merchant of --env.  [default: the first]")
@click.option("--json", "as_json", is_flag=True, help="Print what a client needs as JSON.")
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
    """Run a local WeChat Pay, until Ctrl-C; or control a running one with a command.

    It checks requests, keeps orders, signs answers and sends notifications, as WeChat Pay does. A
    client takes all that it needs from DIR/gateway.json: WeChatPay.from_gateway(path) in Python.
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
    # The lines show the names of directories and files, which may hold anything.
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
