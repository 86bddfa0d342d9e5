"""Standard output: formatted in a terminal, plain text in a pipe."""

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
"""The errors for writing to a pipe whose reader has closed it."""

__all__ = ["is_terminal", "page", "table", "tell", "write", "write_json"]


def is_terminal() -> bool:
    """Return True if standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def page(shown: Page) -> None:
    """Show a page, in color in a terminal or with `FORCE_COLOR`."""
    if is_terminal() or os.environ.get("FORCE_COLOR"):
        from .terminal import drawn_page

        _echo(drawn_page(shown, _encoding()))
    else:
        _lines(written(shown))


def table(shown: Table) -> None:
    """Show a table; in a pipe, with tabs between the columns."""
    if is_terminal():
        from .terminal import drawn_table

        _echo(drawn_table(shown, _encoding()))
    else:
        _lines(separated(shown))


def write_json(data: Any) -> None:
    """Print data as JSON."""
    write(f"{printable_json(json.dumps(data, ensure_ascii=False, indent=2))}\n")


def write(text: str) -> None:
    """Print text unchanged in UTF-8, with any system encoding."""
    _echo(text.encode("utf-8", "replace"))


def tell(message: str) -> None:
    """Print a remark on standard error."""
    click.echo(printable(message, LONGEST), err=True)


def _lines(lines: Iterable[str]) -> None:
    write("".join(f"{line}\n" for line in lines))


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _echo(content: str | bytes) -> None:
    """Print text, and check that it was written.

    Raises:
        Failure: the text cannot be written, for example because the disk is full. A closed pipe,
            as with `| head`, is not an error.
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
    """Replace standard output, so that Python does not flush it again at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
