"""`wechatpay-chain doctor`: the group of the diagnostic commands."""

from __future__ import annotations

from pathlib import Path

import click

from ...utils.translation import _
from ..profile import Profile, profile_options
from ..usage import examples, json_option
from .error import error
from .explain import explain

__all__ = ["doctor"]


@click.group(
    invoke_without_command=True,
    short_help="Diagnose problems and suggest fixes.",
    epilog=examples(
        "doctor",
        "doctor --profile shop.env",
        "doctor explain --request curl.log",
        "doctor error ORDER_NOT_EXIST",
    ),
)
@profile_options
@json_option
@click.pass_context
def doctor(
    ctx: click.Context,
    profile: Path | None,
    gateway: str | None,
    mchid: str | None,
    as_json: bool,
) -> None:
    """Diagnose problems and suggest fixes.

    Without a subcommand, check the keys, the certificates, the proxy, the hosts and the clock, and
    make a signed call, GET v3/certificates. Exit code 1: a check failed.
    """
    if ctx.invoked_subcommand is None:
        from .checkup import show

        if not show(Profile(profile, gateway, mchid), as_json):
            raise SystemExit(1)
    elif profile or gateway or mchid or as_json:
        raise click.UsageError(
            _(
                "put the options after {invoked_subcommand}.",
                invoked_subcommand=ctx.invoked_subcommand,
            )
        )


COMMANDS: tuple[click.Command, ...] = (explain, error)

for command in COMMANDS:
    doctor.add_command(command)
