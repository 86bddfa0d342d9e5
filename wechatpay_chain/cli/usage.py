"""What the commands' options and help texts have in common."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from .wording import shown

__all__ = ["PathType", "examples", "json_option", "seconds"]

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhd]?)")


class PathType(click.Path):
    """A path; what the system cannot take for one is a wrong argument."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; see `click.Path.convert`."""
        try:
            return super().convert(value, param, ctx)
        except ValueError:
            self.fail(f"{shown(str(value))} is not a path on this system.", param, ctx)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def examples(*commands: str) -> str:
    """The end of a help text: commands to copy, each on its line.

    Args:
        commands: what follows the program's name.
    """
    return "\n".join(["\b", "Examples:", *(f"  wechatpay-chain {each}" for each in commands)])


def seconds(duration: str, hint: str) -> float:
    """The seconds of a duration such as `1h30m`.

    Args:
        duration: as it was typed.
        hint: the argument or option.

    Raises:
        click.BadParameter: it is no duration.
    """
    pieces = DURATION.findall(duration)
    if not pieces or "".join(map("".join, pieces)) != duration:
        raise click.BadParameter(
            f"{shown(duration)}: seconds are expected, or 90s, 6m, 2h, 1d, 1h30m.", param_hint=hint
        )
    return sum(float(number) * UNITS[unit] for number, unit in pieces)
