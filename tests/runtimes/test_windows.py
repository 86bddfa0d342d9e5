"""What runs on Windows, as far as another system can tell: what it does not have is taken away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.support import paid
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway

from .conftest import ROOT, Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc/self/fd")


def test_calls_files_and_locks(gateway: Gateway, run: Run, tmp_path: Path) -> None:
    with gateway.client() as client:
        number = paid(gateway, client)["out_trade_no"]
        query = {"mchid": client.mchid}
        order = client[f"v3/pay/transactions/out-trade-no/{number}"].get(query=query).json()
    day = order["success_time"][:10]
    done = run("without_posix", "tests.runtimes.windows", str(tmp_path), day)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_line(run: Run, tmp_path: Path) -> None:
    for arguments in (["ops", "show", "GET", "v3/certificates"], ["webhooks", "REFUND.SUCCESS"]):
        done = run("without_posix", "wechatpay_chain", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout
    target = tmp_path / "certificates.json"
    for _ in range(2):
        arguments = ["openapi", "v3/certificates", "--output", str(target)]
        assert run("without_posix", "wechatpay_chain", *arguments).returncode == 0
    assert json.loads(target.read_bytes())["openapi"]
    assert list(tmp_path.iterdir()) == [target]


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(environment: dict[str, str]) -> Start:
    """Starts a gateway without what Windows does not have."""

    def start(*arguments: str) -> subprocess.Popen[str]:
        module = ("tests.runtimes.without_posix", "wechatpay_chain.gateway")
        return subprocess.Popen(
            [sys.executable, "-W", "error", "-m", *module, "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=ROOT,
            env={**environment, "PYTHONIOENCODING": "ascii"},
        )

    return start


def test_a_gateway_starts_and_stops(start: Start, tmp_path: Path) -> None:
    """A directory is one gateway's at a time, and may have any name."""
    data = tmp_path / "数据"
    ports = ("--port", "0", "--tls-port", "0")
    for number in (signal.SIGINT, signal.SIGTERM):
        with start("--data", str(data), *ports) as gateway:
            assert gateway.stdout is not None
            told = json.loads(gateway.stdout.readline())
            assert Path(told["private_key"]).is_relative_to(data)
            with WeChatPay.from_gateway(data / "gateway.json", tls=True) as wxpay:
                assert wxpay.v3.certificates.get(security=True).verified
            if number == signal.SIGINT:
                with start("--data", str(data), *ports) as second:
                    _, error = second.communicate(timeout=60)
                    assert second.returncode == 1
                    assert f"another gateway uses {data} (process {gateway.pid})" in error
            gateway.send_signal(number)
            assert gateway.communicate(timeout=60) == ("", "")
            assert gateway.returncode == 0
