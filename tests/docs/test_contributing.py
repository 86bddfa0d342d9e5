"""CONTRIBUTING and the files for editors and hooks name what is there."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
import yaml

from tests.docs.support import CONTRIBUTING, ROOT, name

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PHONY = set(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.M)[0].split())


@pytest.mark.parametrize("page", CONTRIBUTING, ids=name)
def test_the_paths_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    named = set(
        re.findall(r"\b((?:wechatpay_chain|tests|docs|stubs)/[\w/.*-]*\w|CHANGELOG\.md)", text)
    )
    assert len(named) > 15
    generated = {"docs/_build/html"}
    assert [path for path in named - generated if not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("page", CONTRIBUTING, ids=name)
def test_the_targets_exist(page: Path) -> None:
    named = set(re.findall(r"(?:`|^ *)make ([a-z-]+)", page.read_text("utf-8"), re.M))
    assert len(named) > 8
    assert named <= PHONY


def test_every_hook_is_local_and_calls_the_projects_own_tools() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [each["repo"] for each in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        tool, *arguments = hook["entry"].split()
        assert tool.startswith(".venv/bin/") or (tool == "make" and arguments[0] in PHONY)


def test_editors_indent_as_the_formatters_do() -> None:
    parser = configparser.ConfigParser()
    parser.read_string("[top]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    assert parser["top"]["root"] == "true"
    assert parser["*"]["indent_size"] == "4"
    assert parser["Makefile"]["indent_style"] == "tab"
