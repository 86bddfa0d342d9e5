"""The progress of a command on standard error, if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import click

__all__ = ["counting", "watched", "working"]

T = TypeVar("T")


def watched() -> bool:
    """Return whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def counting(what: str, items: Sequence[T]) -> Iterator[Iterable[T]]:
    """Yield items and show their count: `checking  [####----]  3/8`."""
    with click.progressbar(
        items, label=what, file=sys.stderr, show_pos=True, show_eta=False, hidden=not watched()
    ) as bar:
        yield bar


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show a message during the block, and erase it at the end."""
    if not watched():
        yield
        return
    click.echo(f"{what} …", err=True, nl=False)
    try:
        yield
    finally:
        click.echo("\r\x1b[2K", err=True, nl=False)
