"""Common parts of the options and help texts of commands."""

from __future__ import annotations

import gettext
import inspect
import os
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from ..utils.translation import _, current
from .wording import shown

__all__ = ["PathType", "examples", "json_option", "seconds", "texts", "translate"]

DOMAIN = "wechatpay_chain"

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhd]?)")


class PathType(click.Path):
    """A path; an invalid path is a usage error."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; see `click.Path.convert`."""
        try:
            return super().convert(value, param, ctx)
        except ValueError:
            self.fail(
                _("{value} is not a path on this system.", value=shown(str(value))), param, ctx
            )


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def examples(*commands: str) -> str:
    """Return the end of a help text: commands to copy, one on each line.

    Args:
        commands: the text after the program's name.
    """
    return "\n".join(["\b", _("Examples:"), *(f"  wechatpay-chain {each}" for each in commands)])


def seconds(duration: str, hint: str) -> float:
    """Return the seconds of a duration such as `1h30m`.

    Args:
        duration: the argument.
        hint: the argument or option.

    Raises:
        click.BadParameter: it is not a duration.
    """
    pieces = DURATION.findall(duration)
    if not pieces or "".join(map("".join, pieces)) != duration:
        raise click.BadParameter(
            _(
                "{duration}: expected seconds, or 90s, 6m, 2h, 1d, 1h30m.",
                duration=shown(duration),
            ),
            param_hint=hint,
        )
    return sum(float(number) * UNITS[unit] for number, unit in pieces)


def translate(command: click.Command) -> None:
    """Translate the help texts of a command and its subcommands; in English, do nothing.

    Click's own messages are translated too: click uses gettext with the variable `LANGUAGE`.
    """
    if current() != "zh":
        return
    os.environ["LANGUAGE"] = "zh"
    gettext.bindtextdomain(DOMAIN, str(files("wechatpay_chain").joinpath("locale")))
    gettext.textdomain(DOMAIN)
    for each in _commands(command):
        if each.help:
            each.help = _kept(_(inspect.cleandoc(each.help)))
        if each.short_help:
            each.short_help = _(each.short_help)
        for parameter in each.params:
            if isinstance(parameter, click.Option) and parameter.help:
                parameter.help = _(parameter.help)


def _kept(text: str) -> str:
    """Return a help text whose lines click does not join: Chinese has no spaces."""
    parts = text.split("\n\n")
    return "\n\n".join(f"\b\n{part}" if "\n" in part else part for part in parts)


def texts(command: click.Command) -> Iterator[str]:
    """Yield all help texts of a command and its subcommands.

    Docstrings are dedented, as Python 3.13 and newer do.
    """
    for each in _commands(command):
        yield from (inspect.cleandoc(text) for text in (each.help, each.short_help) if text)
        for parameter in each.params:
            if isinstance(parameter, click.Option) and parameter.help:
                yield parameter.help


def _commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from _commands(each)
