"""What is shown in a notebook, a terminal and rich speaks the reader's language."""

from __future__ import annotations

import json

import pytest

from tests.bills.texts import PAYMENT, SUCCESS_TOTALS, bill
from tests.prompt.forms import FORMS, plain
from wechatpay_chain import APIError, Notification, Response, bills
from wechatpay_chain.bills.forms import trade
from wechatpay_chain.utils.translation import current


@pytest.fixture(autouse=True)
def chinese(monkeypatch):
    monkeypatch.setenv("WECHATPAY_LANG", "zh")
    current.cache_clear()
    yield
    current.cache_clear()


@pytest.fixture
def path(tmp_path):
    totals = {**SUCCESS_TOTALS, "refund": "0.00", "refund_requested": "0.00"}
    path = tmp_path / "one.csv"
    path.write_text(bill(trade.ALL, [PAYMENT], totals), "utf-8", newline="")
    return path


@FORMS
def test_a_response(form):
    body = {"amount": 1990, "list": [1, 2], "ciphertext": "x" * 8, "algorithm": "AEAD_AES_256_GCM"}
    response = Response(200, {}, json.dumps(body).encode())
    shown = form(response)
    for words in (
        "未验签：不可作为依据",
        "19.90 元",
        "1990 分",
        "4 个字段",
        "2 项",
        "已加密，8 个字符",
    ):
        assert words in shown, words
    assert "NOT VERIFIED" not in shown
    response.unsigned = True
    assert "无签名：来源未知" in form(response)
    response.verified = True
    assert "已验签" in form(response)


@FORMS
def test_an_error(form):
    shown = form(APIError("余额不足"))
    for words in ("错误码", "错误描述", "余额不足"):
        assert words in shown, words


@FORMS
def test_a_notification(form):
    notice = Notification(
        id="EV-1",
        event_type="",
        create_time="2026-11-26T12:00:00+08:00",
        resource_type="encrypt-resource",
        summary="支付成功",
        resource={"amount": 1},
        raw={},
    )
    shown = form(notice)
    for words in ("通知", "未经客户端验签", "0.01 元"):
        assert words in shown, words


@FORMS
def test_a_bill(form, path):
    shown = form(bills.read(path))
    for words in ("账单", "行数", "合计一致", "12.34 元"):
        assert words in shown, words
    path.write_text(path.read_text("utf-8")[:-9], "utf-8", newline="")
    assert "账单已损坏" in form(bills.read(path))


def test_names_of_facts_are_aligned_by_the_columns_they_take():
    response = Response(200, {"Content-Type": "application/json"}, b"{}")
    lines = plain(response).splitlines()
    assert "Content-Type  application/json" in lines
    assert "应答体        2 字节" in lines


@FORMS
def test_a_reconciliation(form, path):
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    shown = form(bills.reconcile(path, [{"out_trade_no": "A-1", "total": 1234}]))
    for words in ("对账", "完全一致", "商户号", "本方", "手续费"):
        assert words in shown, words
