"""`wechatpay-chain completion`, and the completion scripts.

They are click's scripts with one change: a completed path that ends in a slash can continue, so it
is not followed by a space. fish does this without the change.
"""

from __future__ import annotations

import click
from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from ..utils.translation import _

__all__ = ["completion"]

PROGRAM = "wechatpay-chain"
VARIABLE = "_WECHATPAY_CHAIN_COMPLETE"

BASH_END = """\
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace
    fi

    return 0
"""

ZSH_CASE = """\
        if [[ "$type" == "plain" && "$key" == */ ]]; then
            going_on+=("$key")
            going_on_shown+=("$key  -- $descr")
        elif [[ "$type" == "plain" ]]; then
"""

ZSH_END = """\
    if [ -n "$going_on" ]; then
        compadd -U -V unsorted -S '' -l -d going_on_shown -a going_on
    fi

    if [ -n "$completions" ]; then
"""


class Bash(BashComplete):
    """bash, without a space after a slash."""

    source_template = BashComplete.source_template.replace("    return 0\n", BASH_END)


class Zsh(ZshComplete):
    """zsh, without a space after a slash."""

    source_template = (
        ZshComplete.source_template.replace(
            "    local -a response\n",
            "    local -a response\n    local -a going_on\n    local -a going_on_shown\n",
        )
        .replace('        if [[ "$type" == "plain" ]]; then\n', ZSH_CASE)
        .replace('    if [ -n "$completions" ]; then\n', ZSH_END)
    )


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": FishComplete}

EPILOG = "\n".join(
    [
        "\b",
        _("For bash, in ~/.bashrc:"),
        f'  eval "$({PROGRAM} completion bash)"',
        _("For zsh, in ~/.zshrc, after compinit:"),
        f'  eval "$({PROGRAM} completion zsh)"',
        _("For fish, once:"),
        f"  {PROGRAM} completion fish > ~/.config/fish/completions/{PROGRAM}.fish",
    ]
)

for name, shell_class in SHELLS.items():
    add_completion_class(shell_class, name)


@click.command(epilog=EPILOG, short_help="Print a completion script for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a completion script for SHELL: commands, paths, products and events."""
    root = ctx.find_root().command
    click.echo(SHELLS[shell](root, {}, PROGRAM, VARIABLE).source())
