"""A person with a browser: sees why a signature failed, and where two strings differ."""

from __future__ import annotations

import json

import pytest

from tests.support import new_key
from wechatpay_chain import APIError, ClientError, WeChatPay
from wechatpay_chain.gateway import Gateway

from .person import Person
from .support import right, sent_wrongly

pytestmark = pytest.mark.browser


def test_a_wrong_key_is_named_within_a_look(
    person: Person, gateway: Gateway, wxpay: WeChatPay
) -> None:
    with gateway.client(private_key=new_key()) as wrong, pytest.raises(ClientError):
        wrong.v3.pay.transactions.native.post(json={"a": 1})
    person.open("requests")
    person.sees("未通过：signature", ".rows")
    person.press(".rows a.row")
    person.sees("私钥不是本商户的", ".cause")
    assert [each.text for each in person.all(".steps code")] == [
        "Authorization", "mchid", "serial_no", "timestamp", "signature", "nonce_str",
    ]  # fmt: skip
    assert "".join(each.text for each in person.all(".steps .mark")) == "✓✓✓✓✗–"
    hashed = [each.text for each in person.all(".string .value")]
    assert hashed[:2] == ["POST↵", "/v3/pay/transactions/native↵"]
    assert hashed[4] == '{"a":1}↵'
    person.sees("Authorization: WECHATPAY2-SHA256-RSA2048", ".bytes")
    person.sees('"code":"SIGN_ERROR"', ".bytes")
    person.shoot("wrong-key")


def test_what_a_client_signed_instead_is_shown_where_it_differs(
    person: Person, gateway: Gateway
) -> None:
    sent_wrongly(
        gateway,
        lambda lines: right([*lines[:4], json.dumps(json.loads(lines[4]))]),
        body='{"a":1,"note":"中文"}',
    )
    person.open("requests/1")
    person.sees("正文在签名后又重新序列化了", ".cause")
    differing = person.one(".compare.differs")
    assert differing.text.startswith("请求体")
    assert [each.text for each in person.all("ins")] == ["·1,·", '·"\\u4e2d\\u6587']
    assert [each.text for each in person.all("del")] == ["1,", '"中文']
    assert len(person.all(".compare.same")) == 4
    person.shoot("found-out")


def test_a_string_that_is_pasted_is_compared(person: Person, gateway: Gateway) -> None:
    entry = sent_wrongly(gateway, lambda _: "nobody would guess this")
    hashed = entry["explanation"]["hashed"]
    person.open("requests/1")
    person.sees("私钥是对的，但签的是另一个串", ".cause")

    def paste(text: str) -> None:
        script = "a = arguments; a[0].value = a[1]; a[0].dispatchEvent(new Event('input'))"
        person.run(script, person.one("#pasted"), text)

    paste(hashed)
    person.sees("两个串完全相同", ".compared")
    paste(hashed[:-1])
    person.sees("除最后一个换行外完全相同", ".compared")
    paste(hashed.replace("/native", "/jsapi"))
    person.sees("有 1 处不同", ".compared")
    assert [each.text for each in person.all("ins, del")] == ["native", "jsapi"]
    person.shoot("pasted")
    paste(hashed.replace("\n", "\\n"))
    person.sees("已把文字 \\n 当作换行", ".compared")
    person.sees("两个串完全相同", ".compared")
    paste("")
    assert person.all(".compared") == []


def test_a_sign_of_apiv2(person: Person, gateway: Gateway) -> None:
    identity = gateway.identity
    with gateway.client(secret=identity.apiv3_key) as wrong, pytest.raises(APIError):
        wrong.v2.pay.unifiedorder.post(xml={"mch_id": identity.mchid, "body": "a & b"})
    person.open("requests/1")
    person.sees("用了 APIv3 密钥", ".cause")
    labels = [each.text for each in person.all(".string .label")]
    assert labels == ["body", "&mch_id", "&nonce_str", "&key"]
    assert person.all(".string .value")[0].text == "=a & b"
    for key in (identity.secret, identity.apiv3_key):
        assert key not in person.driver.page_source


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
    first: str, second: str, steps: list[list[str]], person: Person
) -> None:
    person.open("connect")
    assert person.imported("diff", "m.characters(a[0], a[1])", first, second) == steps


def test_a_difference_gives_both_strings_back(person: Person) -> None:
    person.open("connect")
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
    assert person.imported("diff", script) == 2


def test_json_is_formatted_and_no_digit_lost(person: Person) -> None:
    person.open("connect")
    text = '{"a":[1,{"b":"x: {y}, [\\"z\\"]"}],"n":12345678901234567890,"e":{},"l":[]}'
    shown = person.imported("format", "m.pretty(a[0])", text)
    assert json.loads(shown) == json.loads(text)
    assert "12345678901234567890" in shown
    assert shown.splitlines()[1] == '  "a": ['
    assert person.imported("format", "m.pretty(a[0])", "{not json") == "{not json"
