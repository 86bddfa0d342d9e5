"""Whatever a gateway answers, a file holds or the system lacks: one line, exit code 1 or 2."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import unicodedata
from collections.abc import Iterator

import pytest

from tests.cli.support import plain_environment, process, run
from tests.wire.responses import http
from tests.wire.server import Do, Server

POSIX = pytest.mark.skipif(os.name != "posix", reason="about POSIX descriptors and locales")
EVIL = "\x1b]0;owned\x07\r\nError: forged\u202e\u2066\x9b31m\u2028"
CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}

COMMANDS = [
    ("pay", "native-0001"),
    ("fail", "native-0001"),
    ("advance", "6m"),
    ("faults",),
    ("faults", "--clear"),
    ("faults", "v3/*", "reset"),
    ("trigger", "TRANSACTION.SUCCESS", "--to", "http://127.0.0.1:1/"),
]

ORDER = {"out_trade_no": EVIL, "state": EVIL, "total": 1, "transaction_id": EVIL}
BODIES = [
    b"",
    b"[]",
    b"[5]",
    b"[null]",
    b"[[]]",
    b"5",
    b"-1e999",
    b"NaN",
    b"null",
    b"true",
    b'""',
    b"{}",
    b"{",
    b"<html>",
    b"\xff\xfe",
    b"\x00",
    b'"\\ud800"',
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 5000,
    b'{"error": ' + b"9" * 5000 + b"}",
    *(
        json.dumps(value).encode()
        for value in (
            {"error": EVIL, "message": EVIL},
            {"error": [EVIL], "message": {EVIL: 5}},
            {"error": "x" * 100_000},
            {**ORDER, "total": EVIL},
            {**ORDER, "total": None},
            {**ORDER, "out_trade_no": 5},
            {"time": 5},
            {"id": "1", "attempts": []},
            {"id": 5, "event": "e", "url": "u", "attempts": []},
            {"id": "1", "event": "e", "url": "u", "attempts": 5},
            {"id": "1", "event": "e", "url": "u", "attempts": [5]},
            {"id": "1", "event": "e", "url": "u", "attempts": [{"status": EVIL}]},
            [{"match": "x"}],
            [{"match": 5, "fault": [], "times": EVIL}],
        )
    ),
]


@pytest.fixture
def gateway() -> Iterator[Server]:
    with Server() as server:
        yield server


def assert_one_line(text: str) -> None:
    assert "Traceback" not in text
    seen = text.replace("\n", "").replace("\t", "")  # click indents what there is to choose from
    assert not {each for each in seen if unicodedata.category(each) in CONTROLS}, text
    lines = text.splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    assert len(errors) == 1, text
    assert "internal error" not in text


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("status", "forms"), [(200, [(), ("--json",)]), (302, [()]), (500, [()])])
def test_whatever_a_gateway_answers(gateway, command, status, forms):
    for body in BODIES:
        gateway.respond(http(status, body), Do.CLOSE)
        for as_json in forms:
            result = run("gateway", *command, "--gateway", gateway.url, *as_json)
            if result.exit_code == 0:
                assert (command[0], status) == ("faults", 200)
                assert body == b"[]"
            else:
                assert result.exit_code == 1, body
                assert_one_line(result.stderr)


def test_what_a_gateway_answers_is_shown_escaped(gateway):
    for form, response, command in (
        ("table", [{"match": EVIL, "fault": EVIL, "times": 1, EVIL: EVIL}], ("faults",)),
        ("facts", ORDER, ("pay", "x")),
    ):
        gateway.respond(http(200, json.dumps(response).encode()), Do.CLOSE)
        for as_json in ((), ("--json",)):
            result = run("gateway", *command, "--gateway", gateway.url, *as_json)
            assert result.exit_code == 0, form
            shown = result.stdout.replace("\n", "").replace("\t", "")
            assert not {each for each in shown if unicodedata.category(each) in CONTROLS}
            assert "\nError: forged" not in result.stdout
            if as_json:
                assert json.loads(result.stdout) == response


@pytest.mark.usefixtures("terminal")
def test_on_a_screen_too(gateway, terminal):
    terminal(80)
    gateway.respond(http(200, json.dumps(ORDER).encode()), Do.CLOSE)
    shown = run("gateway", "pay", "x", "--gateway", gateway.url).stdout
    assert "\x1b]0" not in shown
    assert not {"\u202e", "\x9b", "\u2028", "\r", "\x07"} & set(shown)


@pytest.mark.parametrize(
    "response",
    [
        b"SSH-2.0-OpenSSH \x1b[2J\r\n",
        b"HTTP/1.1 200\x1b[2J OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"",
    ],
)
def test_what_is_no_http(gateway, response):
    gateway.respond(response, Do.CLOSE)
    result = run("gateway", "faults", "--gateway", gateway.url)
    assert result.exit_code == 1
    assert_one_line(result.stderr)


@pytest.mark.parametrize(
    "url",
    [
        "http://[x",
        "http://[::1",
        "http://[::1%25eth0]/",
        "http://x:99999/",
        "http://x:y/",
        "http://user:s3cret@127.0.0.1/",
        "http://",
        "http:///x",
        "//127.0.0.1/",
        "127.0.0.1:8790",
        "ftp://127.0.0.1/",
        "https://127.0.0.1:8790/",
        "http://evil.example\\.127.0.0.1/",
        "http://a b/",
        "http://\ud800/",
        f"http://{EVIL}/",
        "",
        "\0",
        "http://" + "x" * 5000,
    ],
)
def test_an_address_that_is_none(url):
    for command in COMMANDS:
        result = run("gateway", *command, "--gateway", url)
        assert result.exit_code in (1, 2)
        assert_one_line(result.stderr)
        assert "s3cret" not in result.stderr


@pytest.mark.parametrize("content", [body for body in BODIES if body != b""])
def test_a_connection_file_that_is_none(tmp_path, content):
    (tmp_path / "gateway.json").write_bytes(content)
    result = run("gateway", "faults", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert_one_line(result.stderr)


@pytest.mark.parametrize("base_uri", [5, None, [], "http://[x", EVIL, "https://x/", "file:///"])
def test_a_connection_file_that_leads_nowhere(tmp_path, base_uri):
    (tmp_path / "gateway.json").write_text(json.dumps({"base_uri": base_uri}))
    result = run("gateway", "faults", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert_one_line(result.stderr)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100_000, b"5", b"[]", b"9" * 5000])
def test_a_resource_that_is_none(tmp_path, gateway, content):
    path = tmp_path / "resource.json"
    path.write_bytes(content)
    event = ("gateway", "trigger", "REFUND.SUCCESS", "--to", "http://127.0.0.1:1/")
    for given in (f"@{path}", content.decode("latin-1"), f"@{tmp_path}", "@", "@\0", "@no\x1b"):
        result = run(*event, "--gateway", gateway.url, "--resource", given)
        assert result.exit_code in (1, 2)
        assert_one_line(result.stderr)
    assert gateway.requests == []


ARGUMENTS = [
    EVIL,
    "\ud800",
    "\udce8\udcb4\udca6",
    "\0",
    "",
    " ",
    "/",
    "//",
    "..",
    "v3/",
    "v3/%",
    "v3/{",
    "v3/{}",
    "http://[x",
    "wxpay.v3.",
    "wxpay['",
    'wxpay["v3/x',
    "wxpay.chain(",
    "GET",
    "GET v3/x HTTP/1.1",
    "@-",
    "-",
    "--",
    "--\x1b",
    "x" * 20_000,
    "v3/" * 5000,
    "退" * 3000,
    "9" * 400,
    "-1",
    "1e999",
    "nan",
    "inf",
    "٣m",
    "9" * 400 + "d",
]
TEMPLATES = [
    ("ops", "search", "{}"),
    ("ops", "search", "{}", "--limit", "{}"),
    ("ops", "show", "{}"),
    ("ops", "show", "{}", "{}"),
    ("ops", "show", "{}", "--json"),
    ("ops", "tree", "{}"),
    ("ops", "tree", "v3", "--depth", "{}"),
    ("ops", "tree", "{}", "--json"),
    ("ops", "{}"),
    ("webhooks", "{}"),
    ("webhooks", "{}", "--json"),
    ("webhooks", "--protocol", "{}"),
    ("openapi", "{}"),
    ("openapi", "{}", "--yaml"),
    ("openapi", "v3/certificates", "-o", "{folder}/{}/x"),
    ("completion", "{}"),
    ("{}",),
    ("{}", "{}"),
    ("gateway", "pay", "{}", "--gateway", "{gateway}"),
    ("gateway", "pay", "x", "--openid", "{}", "--gateway", "{gateway}"),
    ("gateway", "fail", "{}", "--gateway", "{gateway}"),
    ("gateway", "advance", "{}", "--gateway", "{gateway}"),
    ("gateway", "faults", "{}", "reset", "--times", "{}", "--gateway", "{gateway}"),
    ("gateway", "faults", "x", "status", "--body", "{}", "--gateway", "{gateway}"),
    ("gateway", "faults", "x", "delay", "--seconds", "{}", "--gateway", "{gateway}"),
    ("gateway", "faults", "{}", "{}", "--gateway", "{gateway}"),
    ("gateway", "trigger", "{}", "--to", "{}", "--gateway", "{gateway}"),
    ("gateway", "faults", "--data", "{}"),
    ("gateway", "--port", "{}"),
    ("gateway", "--time-scale", "{}", "--port", "x"),
]


@pytest.mark.parametrize("template", TEMPLATES, ids=" ".join)
def test_whatever_is_typed(gateway, tmp_path, template):
    """Seeded, so that a failure can be repeated."""
    gateway.respond(http(400, b'{"error": "no"}'), Do.CLOSE)
    chosen = random.Random(" ".join(template))
    for first in ARGUMENTS:
        given = iter([first, *chosen.sample(ARGUMENTS, 3)])
        arguments = [
            piece.replace("{gateway}", gateway.url)
            .replace("{folder}", str(tmp_path))
            .replace("{}", next(given) if "{}" in piece else "")
            for piece in template
        ]
        result = run(*arguments)
        assert result.exit_code in (0, 1, 2), arguments
        if result.exit_code:
            assert_one_line(result.stderr)
        shown = (result.stdout + result.stderr).replace("\n", "").replace("\t", "")
        assert not {each for each in shown if unicodedata.category(each) in CONTROLS}, arguments


def test_a_fault_of_the_program_is_one_line_too(monkeypatch):
    def fail(*_):
        raise KeyError(EVIL)

    monkeypatch.setattr("wechatpay_chain.catalogue.webhooks", fail)
    result = run("webhooks")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: internal error: KeyError: ")
    assert len(result.stderr.splitlines()) == 1


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@POSIX
@pytest.mark.parametrize("encoding", [None, "latin-1", "utf-16"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("ops", "search", "--help"),
        ("ops", "search", "退款"),
        ("ops", "show", "退款"),
        ("ops", "show", "POST", "v3/refund/domestic/refunds"),
        ("webhooks", "没有"),
        ("openapi", "v3/certificates", "-o", "{}/目录/x.json"),
        ("openapi", "v3/certificates", "-o", "{}/文件.json"),
        ("gateway", "faults", "--data", "{}/目录"),
        ("gateway", "pay", "订单", "--gateway", "http://127.0.0.1:1/"),
        ("gateway", "pay", "x", "--gateway", "http://商户.example:1/"),
    ],
)
def test_a_locale_that_has_no_chinese(tmp_path, arguments, encoding):
    more = {"PYTHONIOENCODING": encoding} if encoding else {}
    done = process(
        *(piece.replace("{}", str(tmp_path)) for piece in arguments),
        env=plain_environment(**ASCII, **more),
    )
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stderr
    assert b"fault of the program" not in done.stderr


@POSIX
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("--help", 0),
        ("ops tree v3/bill", 0),
        ("ops search 退款 --json", 0),
        ("ops show nothing", 1),
        ("ops", 2),
        ("gateway faults --gateway http://127.0.0.1:1/", 1),
        ("gateway trigger X --to http://x/ --resource @- --gateway http://127.0.0.1:1/", None),
    ],
)
def test_descriptors_that_are_closed(closed, arguments, code):
    done = subprocess.run(
        ["sh", "-c", f'"$0" -X dev -m wechatpay_chain {arguments} {closed}', sys.executable],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        env=plain_environment(),
    )
    assert done.returncode in ((1, 2) if code is None else (code,))
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
