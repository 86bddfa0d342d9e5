"""`wechatpay-chain gateway run`: runs a program with its own gateway."""

from __future__ import annotations

from typing import Any

import click

from ..failure import Failure
from ..output import tell
from ..usage import examples

__all__ = ["COMMANDS"]

OTHERS = ("as_env", "as_json", "mchid")
"""Options of the group that are not settings of a gateway."""


@click.command(
    "run",
    short_help="Run a program with its own gateway.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog=examples(
        "gateway run uvicorn shop:app",
        "gateway --data ./wechatpay run -- python manage.py runserver",
    ),
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
@click.pass_context
def run(context: click.Context, command: tuple[str, ...]) -> None:
    """Run a gateway and COMMAND until COMMAND ends, and exit with its exit code.

    The variable `WECHATPAY_GATEWAY` of COMMAND points to the gateway, and WeChatPay.from_env()
    creates a client for it. Put the options of the gateway before `run`.
    """
    from ...gateway.beside import run_beside
    from ...gateway.program import CannotRun, Settings

    given: dict[str, Any] = context.parent.params if context.parent else {}
    settings = Settings(**{name: each for name, each in given.items() if name not in OTHERS})
    try:
        code = run_beside(settings, command, tell)
    except CannotRun as error:
        raise Failure(str(error), [error.hint]) from None
    context.exit(code)


COMMANDS: tuple[click.Command, ...] = (run,)
