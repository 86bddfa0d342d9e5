"""What a command says when it cannot do what it was asked to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

import click

__all__ = ["Failure"]


class Failure(click.ClickException):
    """A command's end with exit code 1: what was wrong, and below it what to do next.

    Args:
        message: what was wrong, with which value.
        hints: lines to print below it.
    """

    def __init__(self, message: str, hints: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.hints = tuple(hints)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it on standard error, which is where errors belong."""
        for line in (f"Error: {self.message}", *self.hints):
            click.echo(line, file=file, err=True)
