"""What the guides show besides Python: commands are understood, configuration can be read."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from tests.docs.support import PAGES, name
from wechatpay_chain.cli.application import application

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"(?:^|\s|&& )(?:\$ )?(?:\w+=\S* )*(wechatpay-chain .*)$")
INLINE = re.compile(r"`(wechatpay-chain [^`\n]*)`")


def fences(page: Path, *kinds: str) -> list[str]:
    return [text for kind, text in FENCE.findall(page.read_text("utf-8")) if kind in kinds]


def commands(page: Path) -> list[list[str]]:
    """The arguments of each command of the library that a page shows."""
    shown = [
        match[1]
        for line in "".join(fences(page, "sh", "console")).replace("\\\n", " ").splitlines()
        if (match := COMMAND.match(line))
    ]
    shown += [each for each in INLINE.findall(page.read_text("utf-8")) if "…" not in each]
    return [shlex.split(re.split(r" [|>&;]", each)[0], comments=True)[1:] for each in shown]


def understood(command: click.Command, arguments: list[str], parent: click.Context | None) -> None:
    """Parse arguments as the command would, and those of its subcommands; nothing runs."""
    context = command.make_context(command.name, list(arguments), parent=parent)
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        if rest:
            _, subcommand, arguments = command.resolve_command(context, rest)
            assert subcommand is not None
            understood(subcommand, arguments, context)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_are_understood(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(click.Path, "convert", lambda _, value, *__: value)  # it need not exist
    for arguments in commands(page):
        try:
            understood(application, arguments, None)
        except (click.exceptions.Exit, click.MissingParameter):
            pass  # the text may name a command without its arguments
        except click.ClickException as error:
            pytest.fail(f"wechatpay-chain {shlex.join(arguments)}: {error.format_message()}")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_configuration_can_be_read(page: Path) -> None:
    for text in fences(page, "yaml"):
        assert yaml.safe_load(text)
    for text in fences(page, "toml"):
        assert tomllib.loads(text)
    for text in fences(page, "json"):
        assert json.loads(text)
    for text in fences(page, "ini"):
        configparser.ConfigParser(interpolation=None).read_string(text)
