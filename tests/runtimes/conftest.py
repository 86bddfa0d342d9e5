from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wechatpay_chain.gateway import Gateway

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One for all tests, whose orders have numbers of their own."""
    with Gateway(data=tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def connection_file(gateway: Gateway) -> str:
    """The path of its `gateway.json`."""
    assert gateway.state.directory is not None
    return str(gateway.state.directory / "gateway.json")


@pytest.fixture(scope="session")
def environment(gateway: Gateway, connection_file: str) -> dict[str, str]:
    """Of programs that import `tests.runtimes.shop`."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SHOP_APPID": gateway.identity.appid,
        "SHOP_GATEWAY": connection_file,
    }


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs a module of this folder to its end, with Python's warnings shown and as errors."""

    def run(
        module: str, *arguments: str, before: tuple[str, ...] = (), measured: bool = True
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-X", "dev", "-W", "error", "-m", f"tests.runtimes.{module}"]
        given = environment
        if not measured:  # coverage writes files, and has threads and processes of its own
            given = {name: each for name, each in given.items() if not name.startswith("COVERAGE_")}
        return subprocess.run(
            [*before, *command, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=ROOT,
            env=given,
        )

    return run


def lines(text: str) -> list[dict[str, object]]:
    """What a program printed, one JSON object a line."""
    return [json.loads(line) for line in text.splitlines()]
