"""What came from outside is shown escaped: in log lines, JSON, pages and on stderr."""

from __future__ import annotations

import json
import logging
import os
import queue
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from html import unescape
from importlib import resources
from typing import Any

import pytest

from tests.security.attacker import request
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway, console
from wechatpay_chain.gateway.messages.exchange import Rejection
from wechatpay_chain.gateway.server.failures import log_failure
from wechatpay_chain.gateway.store.identity import Identity
from wechatpay_chain.utils.display import printable

CONTROLS = "\x1b[2J\x9b31m\x7f\u202e\u2066\u2028\u200b\ufeff"
"""An escape sequence, in C0 and in C1; DEL; what turns the direction; what is not seen."""
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@pytest.fixture(scope="module")
def gateway(wechatpay_identity: Identity) -> Iterator[Gateway]:
    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


@pytest.fixture
def wxpay(gateway: Gateway) -> Iterator[WeChatPay]:
    with gateway.client() as wxpay:
        yield wxpay


def order(gateway: Gateway, wxpay: WeChatPay, number: str) -> str:
    """An order whose texts are hostile; the address of its cashier page."""
    answer = wxpay.v3.pay.transactions.native.post(
        json={
            "appid": gateway.identity.appid,
            "mchid": gateway.identity.mchid,
            "description": f"<b>{CONTROLS}</b>",
            "attach": CONTROLS,
            "out_trade_no": number,
            "notify_url": "http://127.0.0.1:1/",
            "amount": {"total": 1},
        }
    )
    return str(answer.json()["code_url"])


def test_a_cashier_page_shows_controls_as_text(gateway: Gateway, wxpay: WeChatPay) -> None:
    target = order(gateway, wxpay, "shown-page-1").removeprefix(gateway.base_uri)
    fields = [("Accept", "text/html")]
    page = request(gateway, f"/{target}", fields).body.decode()
    assert HIDDEN.search(page) is None
    assert HIDDEN.search(unescape(page)) is None
    assert "\\x1b[2J\\x9b31m\\x7f\\u202e" in page
    assert "<b>" not in page.partition("</h1>")[0].partition("<h1")[2]


@pytest.mark.parametrize(
    "path",
    [
        "/_gateway/requests",
        "/_gateway/notifications",
        "/_gateway/orders",
        "/_gateway/orders/shown-json-1",
        "/_gateway/console/requests",
        "/_gateway/console/notifications",
    ],
)
def test_json_has_controls_escaped_and_means_the_same(
    gateway: Gateway, wxpay: WeChatPay, path: str
) -> None:
    order(gateway, wxpay, "shown-json-1")
    gateway.trigger("TRANSACTION.SUCCESS", "http://127.0.0.1:1/", {"attach": CONTROLS})
    hostile = [("X-Hostile", "\u202e\x9b\udcff")]
    request(gateway, "/v3/a%e2%80%ae", hostile)
    text = request(gateway, path).body.decode()
    assert HIDDEN.search(text) is None
    if "/console/" in path:
        return  # a line there has no content
    assert "\u202e" in str(json.loads(text)) or "\\u202e" in str(json.loads(text))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_gateway/faults", {"match": "*", "fault": CONTROLS}),
        ("POST", "/_gateway/faults", {"match": CONTROLS, "fault": "reset"}),
        ("POST", "/_gateway/faults", {CONTROLS: 1}),
        ("POST", "/_gateway/notifications", {"event": CONTROLS, "to": "http://a"}),
        ("POST", "/_gateway/notifications", {"event": "TRANSACTION.SUCCESS", "to": CONTROLS}),
        ("POST", "/_gateway/clock", {CONTROLS: 1}),
        ("POST", f"/_gateway/notifications/{CONTROLS[1:]}/resend", {}),
        ("GET", "/_gateway/console/client/files/%1b%5b2J%e2%80%ae", {}),
        ("GET", "/_gateway/requests/%1b%5b2J%e2%80%ae", {}),
        ("GET", "/_gateway/requests?limit=%1b%5b2J%e2%80%ae", {}),
        ("POST", "/_gateway/transactions/%1b%5b2J%e2%80%ae/pay", {}),
    ],
)
def test_a_rejection_of_the_control_api_is_escaped(
    gateway: Gateway, method: str, path: str, body: dict[str, Any]
) -> None:
    target = path.replace("[2J", "").replace("\x9b31m\x7f", "")
    answer = request(gateway, target, method=method, body=json.dumps(body).encode())
    assert answer.status in (400, 404)
    assert HIDDEN.search(answer.body.decode()) is None


def test_a_rejections_text_is_one_line() -> None:
    text = str(Rejection(400, "PARAM_ERROR", f"no {CONTROLS}\r\nERROR: forged"))
    assert text.isprintable()


def test_a_fault_is_logged_without_what_it_quotes(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.shown")
    try:
        try:
            raise ValueError(f"inner {CONTROLS}\nINFO forged")
        except ValueError as inner:
            raise RuntimeError(f"outer {CONTROLS}\r\nINFO forged") from inner
    except RuntimeError as error:
        log_failure(logger, f"GET /{CONTROLS}\nINFO forged", error)
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert record.funcName == "test_a_fault_is_logged_without_what_it_quotes"
    text = logging.Formatter("%(levelname)s %(message)s").format(record)
    assert HIDDEN.search(text) is None
    assert not any(line.startswith("INFO") for line in text.splitlines())
    assert "ValueError: inner \\x1b[2J" in text
    assert "RuntimeError: outer \\x1b[2J" in text
    assert text.index("ValueError") < text.index("RuntimeError")


@pytest.mark.parametrize("path", ["/v3/certificates", "/pay/unifiedorder"])
def test_a_request_that_fails_forges_no_log_line(
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    path: str,
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError(f"{CONTROLS}\nINFO forged")

    monkeypatch.setattr(gateway.state.faults, "take", fail)
    request(gateway, f"{path}%0aINFO%20forged%1b%c2%9b%e2%80%ae")
    (record,) = caplog.records
    text = logging.Formatter().format(record)
    assert HIDDEN.search(text) is None
    assert not any(line.startswith("INFO") for line in text.splitlines())


def test_why_a_notification_did_not_arrive_is_escaped(gateway: Gateway) -> None:
    written: queue.Queue[dict[str, Any]] = queue.Queue()
    gateway.state.log.listeners.add(lambda kind, what: written.put(what))
    for address in (f"http://a{CONTROLS}/", "http://[\u202e", "http://127.0.0.1:1/\u202e"):
        gateway.trigger("TRANSACTION.SUCCESS", address)
        (attempt,) = written.get(timeout=20)["attempts"]
        assert attempt["error"]
        assert attempt["error"].isprintable()


@pytest.mark.skipif(shutil.which("node") is None, reason="node runs the page's script")
def test_the_console_shows_the_same_characters_escaped() -> None:
    source = resources.files(console).joinpath("static", "dom.js").read_text("utf-8")
    numbers = [n for n in range(0x11000) if unicodedata.category(chr(n)) != "Cn"] + [0xE0001]
    text = "".join(chr(n) for n in numbers if not 0xD800 <= n <= 0xDFFF)
    script = (
        "import('data:text/javascript,' + encodeURIComponent(process.env.SOURCE))"
        ".then(({ visible }) => { let text = ''; process.stdin.setEncoding('utf8');"
        " process.stdin.on('data', (piece) => (text += piece));"
        " process.stdin.on('end', () => process.stdout.write(visible(text))); });"
    )
    done = subprocess.run(
        ["node", "-e", script],
        input=text.encode(),
        capture_output=True,
        env={"SOURCE": source, "PATH": os.environ["PATH"]},
        check=True,
    )
    shown = done.stdout.decode()
    kept = {"\n", "\t"}
    expected = "".join(each if each in kept else printable(each) for each in text)
    assert shown == expected


@pytest.mark.skipif(shutil.which("node") is None, reason="node runs the page's script")
def test_the_console_breaks_no_lines_in_json_without_end() -> None:
    """Each level adds two blanks to every line: 64 KiB of brackets would become two GiB."""
    source = resources.files(console).joinpath("static", "format.js").read_text("utf-8")
    source = re.sub(r"(?m)^import .*$", "", source)
    script = (
        "import('data:text/javascript,' + encodeURIComponent(process.env.SOURCE))"
        ".then(({ pretty }) => { const deep = '['.repeat(30000) + ']'.repeat(30000);"
        " console.log(pretty(deep) === deep, pretty('[[1]]') !== '[[1]]'); });"
    )
    environment = {"SOURCE": source, "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["node", "-e", script], capture_output=True, env=environment, check=True, text=True
    )
    assert done.stdout == "true true\n"


def test_every_text_of_the_console_goes_through_one_function() -> None:
    folder = resources.files(console).joinpath("static")
    for script in folder.iterdir():
        if not script.name.endswith(".js"):
            continue
        text = script.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", text)
        if script.name not in ("dom.js",):
            assert "createTextNode" not in text
