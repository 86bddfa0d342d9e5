"""Errors of commands, with hints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

import click

from ..utils.display import printable
from ..utils.translation import _

__all__ = ["Failure", "Misuse"]

LONGEST = 2000
"""Characters of a line."""


class Failure(click.ClickException):
    """Ends a command with exit code 1, an error message, and hints below it.

    Args:
        message: description of the error, with the value.
        hints: lines to print below it.
    """

    def __init__(self, message: str, hints: Iterable[str] = ()) -> None:
        super().__init__(printable(message, LONGEST))
        self.hints = tuple(printable(hint, LONGEST) for hint in hints)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the error on standard error."""
        for line in (_("Error: {message}", message=self.message), *self.hints):
            click.echo(line, file=file, err=True)


class Misuse(Failure):
    """Ends a command with exit code 2, because its input is invalid and nothing was sent."""

    exit_code = 2
