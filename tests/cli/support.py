"""The command line, run in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from click.testing import CliRunner, Result

from wechatpay_chain.cli.application import application


def run(*arguments: str, **environment: str) -> Result:
    """Run it here, with nobody looking at its output."""
    result = CliRunner(env={"NO_COLOR": None, "FORCE_COLOR": None, **environment}).invoke(
        application, arguments, prog_name="wechatpay-chain"
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def lines(*arguments: str) -> list[str]:
    """The lines that a successful run prints."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def data(*arguments: str) -> Any:
    """What a successful run prints with `--json`."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def failed(*arguments: str, code: int = 1) -> str:
    """What a run that fails says; its standard output is empty."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    return result.stderr


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run it in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "wechatpay_chain", *arguments],
        **{"capture_output": True, "check": False, "env": plain_environment(), **options},
    )


def plain_environment(**more: str) -> dict[str, str]:
    """This process's environment without what has to do with colours and widths."""
    drop = {"COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TTY_COMPATIBLE"}
    return {name: value for name, value in os.environ.items() if name not in drop} | more
