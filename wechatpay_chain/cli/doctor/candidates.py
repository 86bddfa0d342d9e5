"""Candidates for the completion of `doctor error`."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

__all__ = ["codes"]


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the codes and numbers that are known."""
    from ...diagnosis.meanings import keys

    return [CompletionItem(each) for each in keys() if each.startswith(incomplete.upper())]
