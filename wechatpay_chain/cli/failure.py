"""What a command says when it cannot do what it was asked to."""

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
    """A command's end with exit code 1: what was wrong, and below it what to do next.

    Args:
        message: what was wrong, with which value.
        hints: lines to print below it.
    """

    def __init__(self, message: str, hints: Iterable[str] = ()) -> None:
        super().__init__(printable(message, LONGEST))
        self.hints = tuple(printable(hint, LONGEST) for hint in hints)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it on standard error, which is where errors belong."""
        for line in (_("Error: {message}", message=self.message), *self.hints):
            click.echo(line, file=file, err=True)


class Misuse(Failure):
    """The same with exit code 2: what was asked for cannot be sent, and nothing was."""

    exit_code = 2
