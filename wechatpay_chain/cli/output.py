"""Standard output: drawn where people look at it, plain where a program reads it."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterable
from typing import Any

import click

from ..display.layout import Page, Table, separated, written
from ..utils.display import printable, printable_json
from ..utils.translation import _
from .failure import LONGEST, Failure

CLOSED = {errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE}
"""What writing to a pipe raises that its reader has closed."""

__all__ = ["is_terminal", "page", "table", "tell", "write", "write_json"]


def is_terminal() -> bool:
    """Whether someone looks at it, rather than a program."""
    return sys.stdout is not None and sys.stdout.isatty()


def page(shown: Page) -> None:
    """Show a page: in colour on a terminal, and where `FORCE_COLOR` asks for it."""
    if is_terminal() or os.environ.get("FORCE_COLOR"):
        from .terminal import drawn_page

        _echo(drawn_page(shown, _encoding()))
    else:
        _lines(written(shown))


def table(shown: Table) -> None:
    """Show a table; in a pipe, its rows with tabs between the columns."""
    if is_terminal():
        from .terminal import drawn_table

        _echo(drawn_table(shown, _encoding()))
    else:
        _lines(separated(shown))


def write_json(data: Any) -> None:
    """Print data as JSON."""
    write(f"{printable_json(json.dumps(data, ensure_ascii=False, indent=2))}\n")


def write(text: str) -> None:
    """Print text as it is, in UTF-8, whatever the system's encoding."""
    _echo(text.encode("utf-8", "replace"))


def tell(message: str) -> None:
    """A remark beside the output, on standard error."""
    click.echo(printable(message, LONGEST), err=True)


def _lines(lines: Iterable[str]) -> None:
    write("".join(f"{line}\n" for line in lines))


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _echo(content: str | bytes) -> None:
    """Print it, and see that it is printed.

    Raises:
        Failure: it could not be written, to a full disk say. A pipe that its reader has closed is
            none: whoever said `| head` has seen enough.
    """
    try:
        click.echo(content, nl=False, color=True)
    except OSError as error:
        _abandon()
        if error.errno in CLOSED:
            raise SystemExit(0) from None
        raise Failure(
            _("the output could not be written: {value}", value=error.strerror or error)
        ) from None


def _abandon() -> None:
    """Give standard output up, so that Python does not try it once more at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
