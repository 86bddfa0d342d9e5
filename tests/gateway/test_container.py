"""The steps of the image, run in an empty folder: what they install starts, is healthy, and serves.

It installs packages, so it runs where `CONTAINER_TEST` is `required`, as in CI.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CONTAINERFILE = ROOT / "Containerfile"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
TOKEN = "0123456789abcdef"
FREE = ("--port", "0", "--tls-port", "0")


def instructions() -> list[tuple[str, str]]:
    lines = CONTAINERFILE.read_text("utf-8").splitlines()
    found = [line.split(" ", 1) for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, rest in found]


def instruction(name: str) -> list[str]:
    """Return the command of an instruction in its JSON form."""
    (rest,) = [rest for each, rest in instructions() if each == name]
    return [str(each) for each in json.loads(rest.removeprefix("CMD "))]


def test_each_instruction_is_known() -> None:
    names = [name for name, _ in instructions()]
    assert names[:2] == ["FROM", "COPY"]
    assert set(names[2:]) == {
        *("RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"),
    }
    exposed = next(rest for name, rest in instructions() if name == "EXPOSE").split()
    published = [each.split(":")[-1] for each in COMPOSE["services"]["wechatpay"]["ports"]]
    assert published == exposed


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A folder in which the image's steps were run; gives what they are called there."""
    if os.environ.get("CONTAINER_TEST") != "required":
        pytest.skip("CONTAINER_TEST=required runs the steps of the image")
    root = tmp_path_factory.mktemp("image")

    def here(text: str) -> str:
        for place in ("/source", "/opt/gateway", "/data"):
            text = text.replace(place, f"{root}{place}")
        return text

    (root / "opt").mkdir()
    copied = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, copied.stdout.decode().split("\0")):
        target = root / "source" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    environment = {name: each for name, each in os.environ.items() if name != "PYTHONPATH"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    for name, step in instructions():
        if name == "RUN" and not step.startswith("useradd"):  # it would add a user to this machine
            done = subprocess.run(here(step), shell=True, capture_output=True, env=environment)
            assert done.returncode == 0, (step, done.stderr.decode()[-2000:])
    assert not (root / "source").exists()
    return here


def test_the_image_runs_is_healthy_and_serves(image: Any, tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "WECHATPAY_CONTROL_TOKEN": TOKEN}
    entrypoint = [image(each) for each in instruction("ENTRYPOINT")]
    health = [image(each) for each in instruction("HEALTHCHECK")]
    assert subprocess.run(health, env=environment, capture_output=True).returncode != 0
    with subprocess.Popen(
        [*entrypoint, *FREE], stdout=subprocess.PIPE, env=environment, cwd=tmp_path
    ) as gateway:
        assert gateway.stdout is not None
        while b"Ctrl-C" not in (line := gateway.stdout.readline()):
            assert line
        try:
            healthy = subprocess.run(health, env=environment, capture_output=True)
            assert healthy.returncode == 0, healthy.stderr
            described = json.loads(Path(image("/data/gateway.json")).read_text("utf-8"))
            shop = COMPOSE["services"]["shop"]
            program = [image(each) for each in (*shop["entrypoint"], *shop["command"])]
            given = {**environment, "WECHATPAY_GATEWAY": described["base_uri"]}
            done = subprocess.run(program, env=given, capture_output=True, cwd=tmp_path)
            assert done.stdout.decode().strip() == described["platform"]["serial"], done.stderr
        finally:
            gateway.terminate()


def test_the_commands_of_compose_are_options_of_the_gateway() -> None:
    from tests.cli.support import run

    options = [each for each in COMPOSE["services"]["wechatpay"]["command"] if each[:2] == "--"]
    told = run("gateway", "--help").output
    assert options
    assert all(each in told for each in (*options, *shlex.split("--inline-keys --host --data")))
