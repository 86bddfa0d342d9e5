"""The console in the browser: causes of failed signatures, and differences of two strings."""

from __future__ import annotations

import json

import pytest

from tests.support import new_key
from wechatpay_chain import APIError, ClientError, WeChatPay
from wechatpay_chain.gateway import Gateway

from .console_page import ConsolePage
from .support import right, sent_wrongly

pytestmark = pytest.mark.browser


def test_a_wrong_key_is_named_within_a_look(
    console: ConsolePage, gateway: Gateway, wxpay: WeChatPay
) -> None:
    with gateway.client(private_key=new_key()) as wrong, pytest.raises(ClientError):
        wrong.v3.pay.transactions.native.post(json={"a": 1})
    console.open("requests")
    console.wait_for_text("未通过：signature", ".rows")
    console.click(".rows a.row")
    console.wait_for_text("签名使用了另一个密钥", ".cause")
    assert [each.text for each in console.all(".steps code")] == [
        "Authorization", "mchid", "serial_no", "timestamp", "signature", "nonce_str",
    ]  # fmt: skip
    assert "".join(each.text for each in console.all(".steps .mark")) == "✓✓✓✓✗–"
    hashed = [each.text for each in console.all(".string .value")]
    assert hashed[:2] == ["POST↵", "/v3/pay/transactions/native↵"]
    assert hashed[4] == '{"a":1}↵'
    console.wait_for_text("Authorization: WECHATPAY2-SHA256-RSA2048", ".bytes")
    console.wait_for_text('"code":"SIGN_ERROR"', ".bytes")
    console.screenshot("wrong-key")


def test_what_a_client_signed_instead_is_shown_where_it_differs(
    console: ConsolePage, gateway: Gateway
) -> None:
    sent_wrongly(
        gateway,
        lambda lines: right([*lines[:4], json.dumps(json.loads(lines[4]))]),
        body='{"a":1,"note":"中文"}',
    )
    console.open("requests/1")
    console.wait_for_text("签名的 JSON 与发送的 JSON 写法不同", ".cause")
    differing = console.first(".compare.differs")
    assert differing.text.startswith("请求体")
    assert [each.text for each in console.all("ins")] == ["·1,·", '·"\\u4e2d\\u6587']
    assert [each.text for each in console.all("del")] == ["1,", '"中文']
    assert len(console.all(".compare.same")) == 4
    console.screenshot("found-out")


def test_a_string_that_is_pasted_is_compared(console: ConsolePage, gateway: Gateway) -> None:
    entry = sent_wrongly(gateway, lambda _: "an unusual string")
    hashed = entry["explanation"]["hashed"]
    console.open("requests/1")
    console.wait_for_text("不止一个字节不同", ".cause")

    def paste(text: str) -> None:
        script = "a = arguments; a[0].value = a[1]; a[0].dispatchEvent(new Event('input'))"
        console.run(script, console.first("#pasted"), text)

    paste(hashed)
    console.wait_for_text("待签名串完全一致", ".compared")
    paste(hashed[:-1])
    console.wait_for_text("仅缺少末尾的换行", ".compared")
    paste(hashed.replace("/native", "/jsapi"))
    console.wait_for_text("有 1 处不同", ".compared")
    assert [each.text for each in console.all("ins, del")] == ["native", "jsapi"]
    console.screenshot("pasted")
    paste(hashed.replace("\n", "\\n"))
    console.wait_for_text("已将字符 \\n 视为换行", ".compared")
    console.wait_for_text("待签名串完全一致", ".compared")
    paste("")
    assert console.all(".compared") == []


def test_a_sign_of_apiv2(console: ConsolePage, gateway: Gateway) -> None:
    identity = gateway.identity
    with gateway.client(secret=identity.apiv3_key) as wrong, pytest.raises(APIError):
        wrong.v2.pay.unifiedorder.post(xml={"mch_id": identity.mchid, "body": "a & b"})
    console.open("requests/1")
    console.wait_for_text("APIv3 密钥", ".cause")
    labels = [each.text for each in console.all(".string .label")]
    assert labels == ["body", "&mch_id", "&nonce_str", "&key"]
    assert console.all(".string .value")[0].text == "=a & b"
    for key in (identity.secret, identity.apiv3_key):
        assert key not in console.driver.page_source


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [
        ("same", "same", [["=", "same"]]),
        ("", "new", [["+", "new"]]),
        ("old", "", [["-", "old"]]),
        ("a=1&b=2", "a=1&b=3", [["=", "a=1&b="], ["-", "2"], ["+", "3"]]),
        ("amount", "aXmount", [["=", "a"], ["+", "X"], ["=", "mount"]]),
        ("0123456789", "01x3456y89", [["=", "01"], ["-", "2"], ["+", "x"], ["=", "3456"],
                                      ["-", "7"], ["+", "y"], ["=", "89"]]),
        ("a1b2c3", "x1y2z3", [["-", "a1b2c"], ["+", "x1y2z"], ["=", "3"]]),
        ("😀é", "😁é", [["-", "😀"], ["+", "😁"], ["=", "é"]]),
    ],
)  # fmt: skip
def test_characters_that_differ(
    first: str, second: str, steps: list[list[str]], console: ConsolePage
) -> None:
    console.open("connect")
    assert console.evaluate_in_module("diff", "m.characters(a[0], a[1])", first, second) == steps


def test_a_difference_gives_both_strings_back(console: ConsolePage) -> None:
    console.open("connect")
    script = """(() => {
      let seed = 7;
      const next = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
      const text = () => Array.from({ length: next(60) }, () => "abc\\n &="[next(7)]).join("");
      for (let i = 0; i < 3000; i++) {
        const [x, y] = [text(), text()];
        const steps = m.characters(x, y);
        const of = (kind) => steps.filter(([k]) => k !== kind).map(([, t]) => t).join("");
        if (of("+") !== x || of("-") !== y) return [x, y];
      }
      const long = "x".repeat(9000);
      return m.characters(`a${long}b`, `c${long.slice(1)}d`).length;
    })()"""
    assert console.evaluate_in_module("diff", script) == 2


def test_json_is_formatted_and_no_digit_lost(console: ConsolePage) -> None:
    console.open("connect")
    text = '{"a":[1,{"b":"x: {y}, [\\"z\\"]"}],"n":12345678901234567890,"e":{},"l":[]}'
    shown = console.evaluate_in_module("format", "m.pretty(a[0])", text)
    assert json.loads(shown) == json.loads(text)
    assert "12345678901234567890" in shown
    assert shown.splitlines()[1] == '  "a": ['
    assert console.evaluate_in_module("format", "m.pretty(a[0])", "{not json") == "{not json"
