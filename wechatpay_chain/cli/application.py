"""The root of the command line: its commands and their common error handling."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ..utils.display import printable
from ..utils.exceptions import WeChatPayError
from ..utils.translation import _
from ..utils.version import __version__
from .bills.group import bills
from .call.command import call
from .completion import completion
from .doctor.group import doctor
from .durable import COMMANDS as DURABLE
from .failure import LONGEST, Failure
from .gateway.run import gateway
from .mcp.command import mcp
from .migrate.command import migrate
from .openapi import openapi
from .operations.commands import ops
from .usage import translate
from .webhooks import webhooks

__all__ = ["application"]

COMMANDS: tuple[click.Command, ...] = (
    ops,
    webhooks,
    call,
    openapi,
    gateway,
    bills,
    *DURABLE,
    doctor,
    migrate,
    mcp,
    completion,
)


class Application(click.Group):
    """Ends every command with an exit code and, after a failure, with one line with the reason."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run a command; see `click.Command.main`."""
        translate(self)
        try:
            return super().main(*arguments, **options)
        except Exception as error:
            if not options.get("standalone_mode", True):
                raise
            what = str(error) if isinstance(error, WeChatPayError) else _foreign(error)
            Failure(what).show()
            sys.exit(1)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """Parse the arguments; see `click.Command.make_context`."""
        with _escaped():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the parsed command; see `click.Command.invoke`."""
        with _escaped():
            return super().invoke(ctx)


@contextmanager
def _escaped() -> Iterator[None]:
    """Return an error of click without the control characters of the wrong argument."""
    try:
        yield
    except click.ClickException as error:
        error.message = printable(error.message, LONGEST)  # type: ignore[misc]
        raise


def _foreign(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return _("the data is nested too deeply to be shown")
    return _(
        "internal error: {type}: {error}",
        type=type(error).__name__,
        error=printable(error),
    )


@click.group(cls=Application, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wechatpay-chain")
def application() -> None:
    """Find and call operations of WeChat Pay; work with bills, notifications and a local gateway.

    Output is formatted for a terminal. In a pipe it is plain text: tables have tabs between
    columns, and nothing is cut, wrapped or colored. For programs, use --json.
    """


for command in COMMANDS:
    application.add_command(command)
