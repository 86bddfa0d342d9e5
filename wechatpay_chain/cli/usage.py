"""What the commands' options and help texts have in common."""

from __future__ import annotations

import click

__all__ = ["examples", "json_option"]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def examples(*commands: str) -> str:
    """The end of a help text: commands to copy, each on its line.

    Args:
        commands: what follows the program's name.
    """
    return "\n".join(["\b", "Examples:", *(f"  wechatpay-chain {each}" for each in commands)])
