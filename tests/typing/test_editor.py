"""What an editor shows: pyright's language server is asked as an editor would ask it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyright", reason="pyright comes with the dependency group check")

CODE = """\
from wechatpay_chain import WeChatPay

wxpay = WeChatPay(mchid="1900000109")
wxpay.v3.pay.transactions.native.post(json={})
wxpay.v3.pay.transactions.native.post_async(json={})
wxpay["v3/pay/transactions/native"].post(json={})
wxpay.chain("")
wxpay[""]
wxpay.v3.pay.transactions.
"""


class Server:
    """A language server, over its standard streams (LSP 3.17, base protocol)."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.number = 0
        self.uri = (folder / "shop.py").as_uri()
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}
        self.ask(
            "initialize",
            {"processId": None, "capabilities": capabilities, "workspaceFolders": folders},
        )
        self.tell("initialized", {})
        document = {"uri": self.uri, "languageId": "python", "version": 1, "text": CODE}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def tell(self, method: str, params: Any, **more: Any) -> None:
        message = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more})
        self._write(message)

    def ask(self, method: str, params: Any) -> Any:
        self.number += 1
        self.tell(method, params, id=self.number)
        while True:
            message = self._read()
            if "method" in message and "id" in message:  # it asks for the editor's settings
                settings = [{"pythonPath": sys.executable}] * len(
                    message["params"].get("items", ())
                )
                self._write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": settings}))
            elif message.get("id") == self.number:
                return message["result"]

    def at(self, method: str, text: str) -> Any:
        """Ask about the place just before the end of some text of the code."""
        before = CODE[: CODE.index(text) + len(text)]
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
        position = {"line": line, "character": column}
        return self.ask(method, {"textDocument": {"uri": self.uri}, "position": position})

    def _write(self, message: str) -> None:
        assert self.process.stdin is not None
        body = message.encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self) -> Any:
        assert self.process.stdout is not None
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        return json.loads(self.process.stdout.read(length))

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(CODE, "utf-8")
    server = Server(folder)
    yield server
    server.close()


@pytest.mark.parametrize("verb", ["native.post", "native.post_async"])
def test_a_verb_shows_its_operation(server: Server, verb: str) -> None:
    shown = server.at("textDocument/hover", verb)["contents"]["value"]
    for part in ("Native下单", "基础支付", "POST v3/pay/transactions/native"):
        assert part in shown
    sent, _, answered = shown.partition("Returns")
    assert "out\\_trade\\_no\\*" in sent or "out_trade_no*" in sent
    assert "商户订单号" in sent
    assert "二维码链接" in answered


def test_a_segment_shows_its_titles(server: Server) -> None:
    shown = server.at("textDocument/hover", "wxpay.v3.pay.transactions.native")["contents"]["value"]
    assert "Native下单: POST v3/pay/transactions/native" in shown.replace("\\", "")
    shown = server.at("textDocument/hover", "wxpay.v3.pay")["contents"]["value"]
    assert "付款码支付" in shown


def test_the_first_signature_is_the_typed_one(server: Server) -> None:
    shown = server.at("textDocument/signatureHelp", "native.post(")
    first = shown["signatures"][0]["label"]
    assert "json: PayTransactionsNativePostJSON" in first
    assert "Native下单" in shown["signatures"][0]["documentation"]["value"]


def test_a_dot_offers_what_follows(server: Server) -> None:
    offered = server.at("textDocument/completion", "wxpay.v3.pay.transactions.\n"[:-1])
    items = offered["items"] if isinstance(offered, dict) else offered
    assert {"native", "jsapi", "outTradeNo", "id", "h5", "app"} <= {each["label"] for each in items}


@pytest.mark.parametrize("text", ['wxpay.chain("', 'wxpay.chain("")\nwxpay["'])
def test_a_string_is_completed(server: Server, text: str) -> None:
    offered = server.at("textDocument/completion", text)
    items = offered["items"] if isinstance(offered, dict) else offered
    assert "v3/refund/domestic/refunds" in {each["label"].strip('"') for each in items}


def test_a_string_shows_its_operation(server: Server) -> None:
    shown = server.at("textDocument/hover", 'wxpay["v3/pay/transactions/native"].post')
    assert "Native下单" in shown["contents"]["value"]
