"""`python -m wechatpay_chain.gateway`: output, exit codes, and errors at the start."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.support import EXAMPLES
from tests.gateway.program import COMMAND, Program, ended
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway, __main__
from wechatpay_chain.gateway import program as running
from wechatpay_chain.gateway.program import CannotRun, Settings, run

ELSEWHERE = "192.0.2.1"
"""No machine has this address (RFC 5737)."""
FREE = ("--port", "0", "--tls-port", "0")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_writes_keys_and_ends_well(number: signal.Signals, tmp_path: Path) -> None:
    with Program("--data", tmp_path) as program:
        assert json.loads((tmp_path / "gateway.json").read_bytes()) == program.told
        with WeChatPay.from_gateway(tmp_path / "gateway.json", tls=True) as wxpay:
            assert wxpay.v3.certificates.get(security=True).verified
        assert program.end(number) == (0, "")
        for name in ("base_uri", "tls_base_uri"):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", urlsplit(program.told[name]).port)) != 0
    assert list(tmp_path.glob("gateway.db-*")) == []  # closed, so the log is empty


def test_it_ends_well_while_somebody_is_connected(tmp_path: Path) -> None:
    with Program("--data", tmp_path) as program:
        port = urlsplit(program.told["base_uri"]).port
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"GET /v3/certificates HTTP/1.1\r\n")
            assert program.end() == (0, "")


def test_without_a_directory_nothing_is_left() -> None:
    with Program() as program:
        directory = Path(program.told["private_key"]).parents[1]
        assert directory.stat().st_mode & 0o077 == 0
        with WeChatPay.from_gateway(directory / "gateway.json") as wxpay:
            assert wxpay.v3.certificates.get().verified
        assert not (directory / "gateway.db").exists()
        assert program.end() == (0, "")
    assert not directory.exists()


def test_what_it_says(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, *FREE, "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=20)
    assert (rest, errors, process.returncode) == ("", "", 0)
    said = "".join(lines)
    told = json.loads((tmp_path / "gateway.json").read_bytes())
    for name in ("base_uri", "tls_base_uri", "console", "mchid", "appid", "serial", "private_key"):
        assert f"  {name} " in said
        assert told[name] in said
    for value in (told["platform"]["public_key_id"], str(tmp_path / "gateway.json")):
        assert value in said
    assert f"WeChatPay.from_gateway({str(tmp_path / 'gateway.json')!r})" in said
    for name in ("apiv3_key", "secret"):
        assert told[name] not in said
    assert "PRIVATE KEY" not in said


def test_it_warns_of_other_machines() -> None:
    warnings: list[str] = []
    with pytest.raises(CannotRun, match=f"cannot listen on {ELSEWHERE}"):
        run(Settings(ELSEWHERE, 0, 0), warnings.append, warnings.append)
    assert warnings == [
        f"warning: other machines can connect to {ELSEWHERE}, and everyone who connects can use "
        "the gateway; use only its test keys"
    ]


def test_what_is_loopback() -> None:
    assert all(map(running._is_loopback, ("127.0.0.1", "127.1.2.3", "localhost", "::1")))
    assert not any(map(running._is_loopback, ("0.0.0.0", "::", "10.0.0.1", "shop.example", "")))


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for option, other in (("--port", "--tls-port"), ("--tls-port", "--port")):
            done = ended(option, port, other, "0", "--data", tmp_path)
            assert (done.returncode, done.stdout) == (1, "")
            problem, hint = done.stderr.splitlines()
            assert problem.startswith("Error: the gateway cannot listen on 127.0.0.1")
            assert f"port {port}: Address already in use" in problem
            assert hint == f"choose another port with {option}, or 0 for a free port"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--port", "70000"), "port must be 0-65535"),
        (("--host", ELSEWHERE), "check that --host is an address of this machine"),
        (("--host", "x" * 64), "which is not a valid host name"),
        (("--time-scale", "0"), "'0': expected a number above 0"),
        (("--time-scale", "x"), "'x': expected a number above 0"),
        (("--signs-with", "nothing"), "invalid choice"),
        (("--merchants", "0"), "'0': expected a number from 1 to 999"),
        (("--merchants", "x"), "'x': expected a number from 1 to 999"),
    ],
)
def test_what_cannot_be(arguments: tuple[str, ...], problem: str) -> None:
    done = ended(*FREE, *arguments)
    assert done.returncode in (1, 2)
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_that_is_in_use(tmp_path: Path) -> None:
    with Program("--data", tmp_path) as program:
        done = ended(*FREE, "--data", tmp_path)
        assert done.returncode == 1
        problem, hint = done.stderr.splitlines()
        pid = program.process.pid
        assert problem == f"Error: another gateway uses {tmp_path} (process {pid})"
        assert hint == "stop it, or choose another directory"
        assert program.end() == (0, "")


def test_a_directory_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = ended(*FREE, "--data", tmp_path / "file")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {tmp_path / 'file'} cannot be used (it is a file)\n")


def test_it_runs_without_the_command_lines_extra(tmp_path: Path) -> None:
    code = (
        "import runpy, sys\n"
        "sys.modules.update(dict.fromkeys(('click', 'rich', 'segno', 'yaml')))\n"
        f"sys.argv = ['gateway', '--host', '{ELSEWHERE}', '--data', {str(tmp_path)!r}]\n"
        "runpy.run_module('wechatpay_chain.gateway', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Error: the gateway cannot listen on {ELSEWHERE}" in done.stderr


def test_in_this_process(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    handlers = [signal.getsignal(number) for number in running.SIGNALS]

    def tell(text: str) -> None:
        said.append(text)
        threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()

    run(Settings(port=0, tls_port=0, data=tmp_path, as_json=True), tell, said.append)
    (line,) = said
    assert json.loads(line) == json.loads((tmp_path / "gateway.json").read_bytes())
    assert [signal.getsignal(number) for number in running.SIGNALS] == handlers
    (tmp_path / "gateway.db").write_bytes(b"no database" * 100)
    with pytest.raises(CannotRun, match="file is not a database"):
        run(Settings(data=tmp_path), tell, said.append)
    assert __main__.main(["--data", str(tmp_path)]) == 1
    assert "choose another directory" in capsys.readouterr().err


def test_where_no_file_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/nonexistent"])
    with pytest.raises(CannotRun, match="No usable temporary directory") as caught:
        run(Settings(port=0, tls_port=0), lambda _: None, lambda _: None)
    assert "--data" in caught.value.hint


def test_it_ends_if_the_gateway_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(running.Gateway, "running", False)
    run(Settings(port=0, tls_port=0, data=tmp_path), lambda _: None, lambda _: None)


def test_the_defaults_are_those_of_the_command_line() -> None:
    parsed = Settings()
    assert (parsed.host, parsed.port, parsed.tls_port) == ("127.0.0.1", 8790, 8791)


def test_a_scenario_is_loaded_once(tmp_path: Path) -> None:
    scenario = EXAMPLES / "scenario.yaml"
    for _ in range(2):
        with Program("--data", tmp_path / "data", "--scenario", scenario) as program:
            assert "1900000100" in program.told["merchants"]
            assert program.end() == (0, "")
    with Gateway(data=tmp_path / "data") as gateway:
        assert len(gateway.orders()) == 15
        gateway.snapshot().save(tmp_path / "snapshot.db")
    with Program("--snapshot", tmp_path / "snapshot.db") as program:
        assert "1900000100" in program.told["merchants"]
        assert program.told["mchid"] == gateway.identity.mchid


def test_a_scenario_or_a_snapshot_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("version: 1\nordres: []\n")
    done = ended(*FREE, "--scenario", tmp_path / "bad.yaml")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {tmp_path}/bad.yaml:2: ordres: the field does not exist")
    done = ended(*FREE, "--snapshot", tmp_path / "bad.yaml")
    assert (done.returncode, "file is not a database" in done.stderr) == (1, True)
