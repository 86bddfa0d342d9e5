"""`wechatpay-chain gateway run`: a program beside a gateway of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.support import failed, plain_environment
from wechatpay_chain.gateway import Gateway, beside

FREE = ("--port", "0", "--tls-port", "0")
CLIENT = """
import os
from wechatpay_chain import WeChatPay
with WeChatPay.from_env() as wxpay:
    print(wxpay.mchid, wxpay.v3.certificates.get().verified, flush=True)
"""


def start(*command: str, options: tuple[str, ...] = (), **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wechatpay_chain", "gateway", *FREE, *options, "run", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**plain_environment(), **environ},
        text=True,
    )


def test_a_program_finds_the_gateway_and_gives_its_exit_code(tmp_path: Path) -> None:
    source = f"{CLIENT}\nraise SystemExit(7)"
    process = start(
        sys.executable, "-c", source, options=("--data", str(tmp_path)), WECHATPAY_MCHID="1"
    )
    said, errors = process.communicate(timeout=60)
    mchid = json.loads((tmp_path / "gateway.json").read_bytes())["mchid"]
    assert (process.returncode, said) == (7, f"{mchid} True\n"), errors
    assert errors.startswith("A local WeChat Pay is listening: http://127.0.0.1:")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_go_to_the_program(number: signal.Signals) -> None:
    source = f"""{CLIENT}
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [{number.value}])
print("ready", flush=True)
signal.sigwait([{number.value}])
print("ended")
"""
    process = start("--", sys.executable, "-c", source)
    assert process.stdout is not None
    assert process.stdout.readline().endswith(" True\n")
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert (process.communicate(timeout=60)[0], process.returncode) == ("ended\n", 0)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_a_program_that_a_signal_ended() -> None:
    source = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    process = start(sys.executable, "-c", source)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGKILL


def test_what_cannot_be_run() -> None:
    said = failed("gateway", *FREE, "run", "no-such-program", "--option").splitlines()
    assert said[1:] == [
        "Error: no-such-program cannot be run: No such file or directory",
        "check that it is installed",
    ]
    assert "Missing argument" in failed("gateway", "run", code=2)


def test_the_merchant_is_one_of_the_gateways() -> None:
    path = Path("gateway.json")
    with Gateway(merchants=2) as gateway:
        first, second = gateway.merchants
        for given, expected in (({}, first), ({"WECHATPAY_MCHID": second}, second)):
            environ = beside._environment({"HOME": "/", **given}, gateway, path)
            assert environ == {
                "HOME": "/",
                "WECHATPAY_GATEWAY": "gateway.json",
                "WECHATPAY_MCHID": expected,
            }
