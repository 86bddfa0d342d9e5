"""`bills download`, against a gateway."""

from __future__ import annotations

import datetime
import json
import os
import sys
from pathlib import Path

import pytest

from tests.cli.support import data, failed, lines, plain_environment, process, run
from tests.gateway.support import paid
from wechatpay_chain.gateway import Gateway

KEYS = [
    "kind",
    "date",
    "type",
    "mchid",
    "sub_mchid",
    "path",
    "empty",
    "sha1",
    "size",
    "error",
    "retry_at",
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    directory = tmp_path_factory.mktemp("gateway")
    with Gateway(data=directory, time_scale=0.001) as gateway:
        with gateway.client() as wxpay:
            paid(gateway, wxpay, 100)
        yield directory, gateway


@pytest.fixture
def options(directory, tmp_path):
    return ("--gateway", str(directory[0]), "--to", str(tmp_path / "bills"))


@pytest.fixture
def today(directory):
    return directory[1].state.clock.date()


@pytest.fixture
def before(today):
    return (datetime.date.fromisoformat(today) - datetime.timedelta(days=1)).isoformat()


def test_lines(options, today, before, tmp_path):
    told = [line.split("\t") for line in lines("bills", "download", f"{before}..{today}", *options)]
    assert [each[:3] for each in told] == [[before, "", "no bill"], [today, "", "done"]]
    assert Path(told[1][3]).parent == tmp_path / "bills"
    assert Path(told[1][3]).read_text().startswith("交易时间")


def test_json(options, today, before):
    bill, empty = data("bills", "download", today, before, *options, "--kind", "fund_flow")
    assert list(bill) == list(empty) == KEYS
    assert (bill["kind"], bill["type"], bill["date"]) == ("fund_flow", "BASIC", today)
    assert bill["size"] == Path(bill["path"]).stat().st_size
    assert len(bill["sha1"]) == 40
    assert (bill["empty"], empty["empty"], empty["path"], empty["sha1"]) == (
        False,
        True,
        None,
        None,
    )


def test_apiv2(directory, options, today):
    appid = directory[1].identity.appid
    (bill,) = data("bills", "download", today, "--api", "v2", "--appid", appid, *options)
    assert "-v2-" in bill["path"]


def test_one_that_fails(directory, options, today):
    gateway = directory[1]
    gateway.faults.add("v3/bill/tradebill", "status", status=403)
    try:
        result = run("bills", "download", today, "--json", *options)
    finally:
        gateway.faults.clear()
    assert result.exit_code == 1
    (bill,) = json.loads(result.stdout)
    assert (bill["path"], bill["empty"], bill["retry_at"]) == (None, False, None)
    assert bill["error"]
    assert "1 of 1 bills could not be downloaded" in result.stderr
    assert bill["error"] in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["2026-13-01"], "date="),
        (["2026-11-25..2026-11-01"], "the first day must not be after the last, and"),
        (["2026-11-25", "--kind", "secret"], "one of trade"),
        (["2026-11-25", "--sub-mchid", "../x"], "up to 32 digits"),
        (["2026-11-25", "--concurrency", "0"], "concurrency"),
    ],
)
def test_wrong_arguments(options, arguments, words):
    assert words in failed("bills", "download", *arguments, *options)


def test_usage(tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith("WECHATPAY_"):
            monkeypatch.delenv(name)
    to = ("--to", str(tmp_path))
    assert "WECHATPAY_MCHID" in failed("bills", "download", "yesterday", *to)
    assert "gateway" in failed("bills", "download", "yesterday", *to, "--gateway", str(tmp_path))
    assert "DATE" in failed("bills", "download", *to, code=2)
    assert "--to" in failed("bills", "download", "yesterday", code=2)
    assert "--wait" in failed("bills", "download", "yesterday", *to, "--wait", "soon", code=2)


def test_a_program_sees_no_progress(options, today):
    done = process("bills", "download", today, *options)
    assert done.returncode == 0
    assert done.stderr == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_someone_at_a_terminal_sees_progress(options, today):
    import pty

    ours, theirs = pty.openpty()
    environment = plain_environment(TERM="xterm-256color")
    done = process(
        "bills", "download", today, *options, capture_output=False, stderr=theirs, env=environment
    )
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 4096):
            seen += piece
    except OSError:  # its other end is closed
        seen += b""
    os.close(ours)
    assert done.returncode == 0
    assert b"1/1" in seen
