"""What an editor shows: pyright's language server is asked as an editor would ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .language_server import LanguageServer

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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text(CODE, "utf-8")
    server = LanguageServer(folder, CODE)
    yield server
    server.close()


@pytest.mark.parametrize("verb", ["native.post", "native.post_async"])
def test_a_verb_shows_its_operation(server: LanguageServer, verb: str) -> None:
    shown = server.at("textDocument/hover", verb)["contents"]["value"]
    for part in ("Native下单", "基础支付", "POST v3/pay/transactions/native"):
        assert part in shown
    sent, _, answered = shown.partition("Returns")
    assert "out\\_trade\\_no\\*" in sent or "out_trade_no*" in sent
    assert "商户订单号" in sent
    assert "二维码链接" in answered


def test_a_segment_shows_its_titles(server: LanguageServer) -> None:
    shown = server.at("textDocument/hover", "wxpay.v3.pay.transactions.native")["contents"]["value"]
    assert "Native下单: POST v3/pay/transactions/native" in shown.replace("\\", "")
    shown = server.at("textDocument/hover", "wxpay.v3.pay")["contents"]["value"]
    assert "付款码支付" in shown


def test_the_first_signature_is_the_typed_one(server: LanguageServer) -> None:
    shown = server.at("textDocument/signatureHelp", "native.post(")
    first = shown["signatures"][0]["label"]
    assert "json: PayTransactionsNativePostJSON" in first
    assert "Native下单" in shown["signatures"][0]["documentation"]["value"]


def test_a_dot_offers_what_follows(server: LanguageServer) -> None:
    offered = server.at("textDocument/completion", "wxpay.v3.pay.transactions.\n"[:-1])
    items = offered["items"] if isinstance(offered, dict) else offered
    assert {"native", "jsapi", "outTradeNo", "id", "h5", "app"} <= {each["label"] for each in items}


@pytest.mark.parametrize("text", ['wxpay.chain("', 'wxpay.chain("")\nwxpay["'])
def test_a_string_is_completed(server: LanguageServer, text: str) -> None:
    offered = server.at("textDocument/completion", text)
    items = offered["items"] if isinstance(offered, dict) else offered
    assert "v3/refund/domestic/refunds" in {each["label"].strip('"') for each in items}


def test_a_string_shows_its_operation(server: LanguageServer) -> None:
    shown = server.at("textDocument/hover", 'wxpay["v3/pay/transactions/native"].post')
    assert "Native下单" in shown["contents"]["value"]
