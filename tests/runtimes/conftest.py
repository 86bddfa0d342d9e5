from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wechatpay_chain.gateway import Gateway

ROOT = Path(__file__).parents[2]
REQUIRED = os.environ.get("RUNTIMES_TEST") == "required"


def needs(*packages: str) -> None:
    """Skip a module's tests without these packages; with RUNTIMES_TEST=required they fail."""
    missing = [each for each in packages if importlib.util.find_spec(each) is None]
    if missing and REQUIRED:
        pytest.fail(f"{' and '.join(missing)} missing: make runtimes installs them")
    if missing:
        pytest.skip("make runtimes installs what they need", allow_module_level=True)


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
    """Of programs that import `tests.runtimes.shop`; their coverage is not measured."""
    given = {name: each for name, each in os.environ.items() if not name.startswith("COVERAGE_")}
    return {
        **given,
        "PYTHONPATH": str(ROOT),
        "SHOP_APPID": gateway.identity.appid,
        "SHOP_GATEWAY": connection_file,
    }


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs a module of this folder to its end, with Python's warnings shown and as errors."""

    def run(
        module: str, *arguments: str, before: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-X", "dev", "-W", "error", "-m", f"tests.runtimes.{module}"]
        return subprocess.run(
            [*before, *command, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd=ROOT,
            env=environment,
        )

    return run


def lines(text: str) -> list[dict[str, object]]:
    """What a program printed, one JSON object a line."""
    return [json.loads(line) for line in text.splitlines()]
