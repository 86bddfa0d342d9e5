"""What the shell offers behind `doctor error` and TAB."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

__all__ = ["codes"]


def codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The codes and numbers that are known."""
    from ...diagnosis.meanings import keys

    return [CompletionItem(each) for each in keys() if each.startswith(incomplete.upper())]
