"""Nothing from outside reaches a message, a log line or a terminal with its controls."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain.utils.display import printable, printable_json

HIDDEN = {
    "\x1b[2J": "\\x1b[2J",
    "a\r\nb": "a\\r\\nb",
    "\x00\x07\x7f": "\\x00\\x07\\x7f",
    "\x85\x9b31m": "\\x85\\x9b31m",
    "a\u202eb\u2066c\u2069": "a\\u202eb\\u2066c\\u2069",
    "\u200e\u200f\u061c\ufeff\u00ad": "\\u200e\\u200f\\u061c\\ufeff\\xad",
    "\u2028\u2029": "\\u2028\\u2029",
    "\ud800": "\\ud800",
    "\U000e0041": "\\U000e0041",
}
PLAIN = ["", "PARAM_ERROR", "订单号非法", "全角\u3000空格", "不换行\u00a0空格", "C:\\路径", "🀄"]

TEXTS = st.text(st.characters(codec=None, categories=None))


@pytest.mark.parametrize("text", HIDDEN)
def test_a_character_that_is_not_seen_is_escaped(text):
    assert printable(text) == HIDDEN[text]


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_stays_as_it_is(text):
    assert printable(text) == text


def test_long_text_is_cut_and_says_so():
    assert printable("订" * 301) == "订" * 299 + "…"
    assert printable("订" * 300) == "订" * 300
    assert printable("\x1b" * 10, limit=10) == "\\x1b\\x1b…"


def test_bytes_and_objects_are_shown_as_text():
    assert printable("中\n".encode() + b"\xff") == "中\\n\\xff"
    assert printable({"a": "\x1b"}) == "{'a': '\\x1b'}"
    assert printable(10**5000) == "<int>"  # Python refuses to write so many digits


@given(TEXTS, st.integers(2, 50))
def test_whatever_comes_is_one_bounded_line_that_can_be_encoded(text, limit):
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode()


@pytest.mark.parametrize("ensure_ascii", [True, False])
@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_escaped_json_means_the_same(ensure_ascii, value):
    shown = printable_json(json.dumps(value, ensure_ascii=ensure_ascii))
    assert json.loads(shown) == json.loads(json.dumps(value))
    assert not {unicodedata.category(each) for each in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_json_keeps_what_can_be_read():
    shown = printable_json(json.dumps({"说明": "\x7f\x9b\u202e\U000e0041订单"}, ensure_ascii=False))
    assert shown == '{"说明": "\\u007f\\u009b\\u202e\\udb40\\udc41订单"}'
