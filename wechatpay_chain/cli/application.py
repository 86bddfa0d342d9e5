"""The root of the command line: its commands, and what they have in common."""

from __future__ import annotations

import click

from .._version import __version__
from .completion import completion
from .gateway import gateway
from .openapi import openapi
from .ops import ops
from .webhooks import webhooks

__all__ = ["application"]

COMMANDS: tuple[click.Command, ...] = (ops, webhooks, openapi, gateway, completion)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wechatpay-chain")
def application() -> None:
    """WeChat Pay's API at hand: find an operation, see how it is called.

    Standard output is drawn for a terminal. In a pipe it is plain: tables are lines with tabs
    between the columns, nothing is cut, wrapped or coloured; --json is there for programs.
    """


for command in COMMANDS:
    application.add_command(command)
