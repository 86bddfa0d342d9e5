"""`wechatpay-chain gateway`: run one, until it is asked to end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.support import data, failed, lines, plain_environment, run
from wechatpay_chain import WeChatPay
from wechatpay_chain.cli.gateway import bills, controls
from wechatpay_chain.gateway import program
from wechatpay_chain.gateway.program import Settings

FREE = ("--port", "0", "--tls-port", "0")


def test_a_process_runs_until_it_is_asked_to_end(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "wechatpay_chain", "gateway", *FREE, "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=plain_environment(),
    )
    assert process.stdout is not None
    said = b""
    while b"Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, process.communicate()
        said += line
    with WeChatPay.from_gateway(tmp_path / "gateway.json") as wxpay:
        assert wxpay.v3.certificates.get().verified
    assert failed("gateway", *FREE, "--data", str(tmp_path)).splitlines() == [
        f"Error: another gateway uses {tmp_path} (process {process.pid})",
        "stop it, or choose another directory",
    ]
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, b"")
    (line,) = rest.decode().splitlines()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d  GET     200 +\d+\.\d ms  /v3/certificates  simulated", line
    )


def test_json_is_what_the_file_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(program.Gateway, "running", False)  # so that it ends at once
    told = data("gateway", *FREE, "--data", str(tmp_path))
    assert told == json.loads((tmp_path / "gateway.json").read_bytes())


def test_the_defaults_are_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Settings] = []
    monkeypatch.setattr(program, "run", lambda settings, *_: asked.append(settings))
    assert lines("gateway") == []
    lines("gateway", "--data", "x", "--time-scale", "60", "--signs-with", "certificate")
    lines("gateway", "--merchants", "3")
    lines("gateway", "--scenario", "x.yaml", "--snapshot", "x.db")
    assert asked == [
        Settings(),
        Settings(data=Path("x"), time_scale=60, signs_with="certificate"),
        Settings(merchants=3),
        Settings(scenario=Path("x.yaml"), snapshot=Path("x.db")),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "70000"),
        ("--time-scale", "0"),
        ("--signs-with", "x"),
        ("--merchants", "0"),
        ("nothing",),
    ],
)
def test_what_is_not_understood(arguments: tuple[str, ...]) -> None:
    assert failed("gateway", *arguments, code=2).startswith("Usage: wechatpay-chain gateway")


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize(
    "command", ["", *(each.name or "" for each in (*controls.COMMANDS, *bills.COMMANDS))]
)
def test_help(command: str, option: str) -> None:
    result = run("gateway", *command.split(), option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: wechatpay-chain gateway {command}".rstrip())
    assert max(map(len, result.stdout.splitlines())) <= 90
