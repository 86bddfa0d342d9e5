"""What every client needs: the gateway in each way of signing, and an address for notifications."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import NotificationServer
from wechatpay_chain.gateway import Gateway

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("PEERS", HERE.parents[1] / ".venv" / "peers"))
"""Where `make peers` installs what comes from npm."""


@pytest.fixture(params=["public_key", "certificate"])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    with Gateway(data=tmp_path / "gateway", signs_with=request.param) as gateway:
        yield gateway
        gateway.state.ledger.check()


@pytest.fixture
def receiver() -> Iterator[NotificationServer]:
    with NotificationServer() as server:
        yield server


@pytest.fixture
def pay(gateway: Gateway) -> Callable[[str], None]:
    """Pays an order through the control API."""

    def pay(number: str) -> None:
        url = f"{gateway.base_uri}_gateway/transactions/{number}/pay"
        with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as answer:
            assert json.loads(answer.read())["state"] == "SUCCESS"

    return pay


@pytest.fixture
def run_node(gateway: Gateway) -> Callable[[str, str], dict[str, Any]]:
    """Runs a shop written for Node, and returns what it saw."""

    def run(package: str, script: str) -> dict[str, Any]:
        node = shutil.which("node")
        if node is None or not (MODULES / "node_modules" / package).exists():
            if os.environ.get("PEERS_TEST") == "required":
                pytest.fail(f"no node, or no {package} in {MODULES}: run make peers")
            pytest.skip("needs node, and make peers")
        assert gateway.state.directory is not None
        done = subprocess.run(
            [node, str(HERE / script), str(gateway.state.directory / "gateway.json"), str(MODULES)],
            env={**os.environ, "NODE_EXTRA_CA_CERTS": gateway.describe()["ca"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    return run


def imported(package: str) -> Any:
    """A client from PyPI."""
    if os.environ.get("PEERS_TEST") == "required":
        return __import__(package, fromlist=["*"])
    return pytest.importorskip(package, reason="make peers installs it")
