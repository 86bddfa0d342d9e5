"""What the guide says is so: its commands run, its keys are the keys."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import data, run
from tests.docs.support import ROOT
from wechatpay_chain.cli.application import COMMANDS

GUIDES = [ROOT / "docs" / "cli.md", ROOT / "docs" / "zh" / "cli.md"]
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
REFUND = ("ops", "show", "POST", "v3/refund/domestic/refunds")


def commands(guide: Path, *, gateway: bool = False) -> list[str]:
    """The commands that a guide shows: those of the gateway need one that runs, the others not."""
    text = "".join(SHELL.findall(guide.read_text("utf-8")))
    lines = [line for line in text.splitlines() if line.startswith("wechatpay-chain ")]
    return [line for line in lines if line.startswith("wechatpay-chain gateway") == gateway]


def sections(guide: Path) -> list[str]:
    return re.split(r"^## ", guide.read_text("utf-8"), flags=re.M)


def test_both_languages_have_the_same_commands() -> None:
    english, chinese = (SHELL.findall(guide.read_text("utf-8")) for guide in GUIDES)
    assert english == chinese


@pytest.mark.parametrize("command", commands(GUIDES[0]))
def test_commands_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = shlex.split(re.split(r" [|>] ", command)[0])[1:]
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert result.stdout or list(tmp_path.iterdir())


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
def test_every_command_is_in_the_guide(guide: Path) -> None:
    table = sections(guide)[0]
    assert set(re.findall(r"^\| `(\w+)", table, re.M)) == {each.name for each in COMMANDS}


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
def test_the_keys_are_those_of_the_json(guide: Path) -> None:
    json = next(each for each in sections(guide) if each.startswith("JSON\n"))
    tables = [re.findall(r"^\| `(\w+)` \|", table, re.M) for table in re.split(r"\n\n(?!\|)", json)]
    in_short, in_full, member = filter(None, tables)
    found: Any = data(*REFUND)
    assert in_short == list(data("ops", "search", "退款")[0])
    assert in_short + in_full == list(found)
    assert member == list(found["body"]["members"][0])
    others = [*data("ops", "tree", "v3/pay"), *data("webhooks", "REFUND.SUCCESS")]
    assert all(f"`{key}`" in json for key in (*others, *found["body"], *found["response"]))
