"""As a program: in pipes that break, on disks that are full, and without what it needs."""

from __future__ import annotations

import ast
import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import wechatpay_chain
from tests.cli.support import plain_environment, process, run
from tests.test_architecture import MODULES, ROOT
from wechatpay_chain.cli import output
from wechatpay_chain.cli.failure import Failure

POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise elsewhere")


def python(code: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, env=plain_environment()
    )


def test_as_a_module() -> None:
    done = process("ops", "show", "POST", "v3/refund/domestic/refunds")
    assert done.returncode == 0
    assert done.stderr == b""
    text = done.stdout.decode("utf-8")
    assert text.startswith("申请退款\noperation  POST v3/refund/domestic/refunds\n")
    assert "\x1b" not in text


def test_to_import_it_is_not_to_run_it() -> None:
    assert loaded_by("import wechatpay_chain.__main__").isdisjoint({"click"})


def test_it_calls_itself_by_its_name() -> None:
    assert process("ops", "show").stderr.startswith(b"Usage: wechatpay-chain ops show ")
    done = process("--version")
    assert done.stdout.decode().strip() == f"wechatpay-chain, version {wechatpay_chain.__version__}"


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize(
    "command",
    ["", "ops", "ops search", "ops show", "ops tree", "webhooks", "openapi", "completion"],
)
def test_help(command: str, option: str) -> None:
    result = run(*command.split(), option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: wechatpay-chain {command}".rstrip())
    assert "..." not in result.stdout.partition("Commands:")[2]
    assert max(map(len, result.stdout.splitlines())) <= 90


def test_output_is_utf_8_whatever_the_locale() -> None:
    environment = plain_environment(LC_ALL="C", PYTHONIOENCODING="ascii")
    for arguments in (("ops", "search", "退款"), ("ops", "search", "退款", "--json")):
        done = process(*arguments, env=environment)
        assert done.returncode == 0
        assert "申请退款" in done.stdout.decode("utf-8")
    done = process("ops", "show", "查询订单", env=environment)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


@POSIX
@pytest.mark.parametrize(
    "arguments", [("openapi",), ("webhooks", "REFUND.SUCCESS"), ("ops", "tree")]
)
def test_a_reader_that_has_seen_enough(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-X", "dev", "-m", "wechatpay_chain", *arguments]
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, check=False, env=plain_environment()
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@POSIX
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_a_full_disk() -> None:
    with Path("/dev/full").open("wb") as full:
        done = process("openapi", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 1
    assert done.stderr == b"Error: the output could not be written: No space left on device\n"


def test_a_full_disk_behind_something_that_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(output.click, "echo", fail)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with pytest.raises(Failure, match="could not be written: No space left"):
        output.write("x")


@POSIX
def test_standard_output_may_be_closed() -> None:
    command = '"$0" -m wechatpay_chain ops tree v3/bill >&-'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        capture_output=True,
        check=False,
        env=plain_environment(),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("missing", [["click"], ["rich"], ["click", "rich"]])
def test_without_the_extra_one_line_says_how_to_get_it(missing: list[str]) -> None:
    done = python(
        f"import runpy, sys\nsys.modules.update(dict.fromkeys({missing!r}))\n"
        "sys.argv = ['wechatpay-chain', 'ops', 'tree']\n"
        "runpy.run_module('wechatpay_chain', run_name='__main__')"
    )
    assert done.returncode == 1
    assert done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    assert line == (
        f"wechatpay-chain: {' and '.join(missing)} not installed; the command line needs an extra: "
        'pip install "wechatpay-chain[cli]"'
    )


def loaded_by(code: str) -> set[str]:
    done = python(f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))")
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


HEAVY = {"rich", "pygments", "yaml", "wechatpay_chain.catalogue", "wechatpay_chain.gateway"}


def test_the_library_loads_nothing_of_the_command_line() -> None:
    found = loaded_by("import wechatpay_chain")
    assert found.isdisjoint(HEAVY | {"click", "wechatpay_chain.cli"})


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["ops", "show", "--help"], ["gateway", "faults", "--help"], ["--version"]],
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        f"sys.argv = ['x', *{arguments!r}]\nfrom wechatpay_chain.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
    )
    assert loaded_by(code).isdisjoint(HEAVY)


def test_nothing_but_its_entry_knows_the_command_line() -> None:
    for path in ROOT.rglob("*.py"):
        name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        if name.startswith("wechatpay_chain.cli") or name == "wechatpay_chain.__main__":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {node.module or "", *(alias.name for alias in node.names)}
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            else:
                continue
            assert not any("cli" in each.split(".") for each in names), f"{name}:{node.lineno}"


def test_click_stays_at_home() -> None:
    for name, found in MODULES.items():
        parts = {each.partition(".")[0] for each in found}
        if not name.startswith("wechatpay_chain.cli"):
            assert parts.isdisjoint({"click", "yaml"}), name
        if not name.endswith(".terminal"):
            assert "rich" not in parts, name
