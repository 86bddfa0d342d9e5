"""The HTML report: one file that asks for nothing, in two languages, whatever stands in a bill."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bills.report.sample import COUNTS, HOSTILE, difference, report
from wechatpay_chain.bills.report import page, pictures
from wechatpay_chain.bills.report.view import Hour
from wechatpay_chain.bills.report.words import CLASSES, COLUMNS, DIFFERENCES, STATUSES

VOID = {"meta", "input"}


class Reader(HTMLParser):
    """What a browser would make of it: elements, and the text that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(**changed: Any) -> Reader:
    reader = Reader()
    reader.feed("".join(page.html(report(**changed))))
    reader.close()
    assert reader.open == []
    return reader


def one(row: dict[str, Any]) -> dict[str, Any]:
    return {"counts": {"matched": 1, row["kind"]: 1}, "rows": lambda _: iter([row])}


def test_it_asks_for_nothing() -> None:
    reader = read()
    names = {name for name, _ in reader.elements}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
    attributes = {key: value for _, each in reader.elements for key, value in each.items()}
    assert not {key for key in attributes if key.startswith("on") or key in {"src", "style"}}
    links = {each["href"] for name, each in reader.elements if name == "a"}
    assert links == {f"#{kind}" for kind in DIFFERENCES}
    policy = next(
        each["content"]
        for _, each in reader.elements
        if each.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "url(" not in "".join(reader.texts)


@pytest.mark.parametrize("member", ["out_trade_no", "transaction_id", "mchid", "here", "field"])
def test_what_a_customer_typed_is_text(member: str) -> None:
    reader = read(**one(difference("merchant", 1, **{member: HOSTILE})))
    assert "script" not in {name for name, _ in reader.elements}
    assert "<script>alert(1)</script>'\"&\\x1b[31m" in "".join(reader.texts)


@given(st.text(max_size=50))
def test_any_text_is_shown_as_it_is_or_escaped(value: str) -> None:
    row = difference("merchant", 1, out_trade_no=value)
    assert [name for name, _ in read(**one(row)).elements] == [
        name for name, _ in read(**one({**row, "out_trade_no": value and "x"})).elements
    ]


def test_both_languages_are_there_and_marked() -> None:
    reader = read(changes={"new": 1, "open": 2, "solved": 0})
    text = "".join(reader.texts)
    for kind in DIFFERENCES:
        entry = CLASSES[kind]
        for words in (entry.name, entry.meaning, entry.action):
            assert words.zh in text
            assert words.en in text
    languages = [each["lang"] for _, each in reader.elements if "lang" in each]
    assert languages[0] == "zh-CN"
    assert languages.count("en") == languages.count("zh-CN") - 1
    chosen = [each for name, each in reader.elements if name == "input"]
    assert [(each["id"], "checked" in each) for each in chosen] == [
        ("choose-zh", True),
        ("choose-en", False),
    ]


def test_no_chinese_stands_among_the_english_words() -> None:
    every = [*COLUMNS.values(), *STATUSES.values()]
    every += [words for entry in CLASSES.values() for words in entry]
    assert [words.en for words in every if re.search("[^\x00-\x7f]", words.en)] == []
    assert [words.zh for words in every if re.search("[,;:()] |[a-z]{4}", words.zh)] == []


def test_amounts_are_exact_and_in_yuan() -> None:
    text = "".join(read().texts)
    for shown in ("12,345,678.90", "74,074.07125", "¥77.90", "−", "1,234.05", "19.99", "20.00"):
        assert shown in text


def test_the_verdict() -> None:
    assert "36 处差异" in "".join(read().texts)
    agreed = read(counts={"matched": 5}, balance=None)
    assert "全部一致" in "".join(agreed.texts)
    assert {"good"} <= {
        word for _, each in agreed.elements for word in (each.get("class") or "").split()
    }
    unexplained = "".join(read(counts={"matched": 5}).texts)
    assert "资金账单未能核平" in unexplained


def test_a_large_class_is_cut_and_says_so() -> None:
    def rows(kind: str) -> Any:
        for number in range(5000):
            assert number <= page.MOST, "no more is read than is shown"
            yield difference(kind, number)

    reader = read(counts={**dict.fromkeys(COUNTS, 0), "fee": 5000}, rows=rows)
    text = "".join(reader.texts)
    assert "本页只列出前 1,000 笔，共 5,000 笔" in text
    assert "the first 1,000 of 5,000" in text
    assert "result.to_excel()" in text
    assert "只列出" not in "".join(read().texts)


def test_columns_that_say_nothing_are_left_out() -> None:
    plain = difference("missing_here", 1)
    columns = _columns(plain)
    assert "Merchant" not in columns
    assert "Day" not in columns
    assert "Sub-merchant" not in columns
    one_sided = {**plain, "field": "total", "there": "123405"}
    assert _columns(one_sided) == _columns(plain)
    other = {**plain, "mchid": "1900000110", "sub_mchid": "1900000120", "day": "2026-11-24"}
    assert {"Merchant", "Day", "Sub-merchant"} <= set(_columns(other))


def _columns(row: dict[str, Any]) -> list[str]:
    text = "".join(page.html(report(**one(row), balance=None)))
    return re.findall(r'<th scope="col"[^>]*>.*?<span lang="en">(.*?)</span>', text)


def test_tables_can_be_read_aloud() -> None:
    reader = read()
    heads = [each for name, each in reader.elements if name == "th"]
    assert heads
    assert all(each.get("scope") in {"col", "row"} for each in heads)
    regions = [each for _, each in reader.elements if each.get("role") == "region"]
    assert regions
    assert all(each["aria-label"] and each["tabindex"] == "0" for each in regions)
    labels = {each["for"] for name, each in reader.elements if name == "label"}
    assert labels == {"choose-zh", "choose-en"}


def test_solved_differences_have_a_table() -> None:
    solved = [difference("amount", 7, status="solved")]
    reader = read(changes={"new": 0, "open": 0, "solved": 1}, solved=lambda: iter(solved))
    assert "上次的差异，现已解决" in "".join(reader.texts)
    assert "native-000007" in reader.texts


@pytest.mark.parametrize(
    "hours",
    [
        [(0, 0)] * 24,
        [(1, 0)] * 24,
        [(0, 1)] * 24,
        [(10**15, 3)] * 24,
        [(hour, 10**9) for hour in range(24)],
    ],
)
def test_bars_stay_in_the_picture(hours: list[tuple[int, int]]) -> None:
    picture = pictures.by_hour([Hour(hour, *each) for hour, each in enumerate(hours)])
    reader = Reader()
    reader.feed(picture)
    bars = [each for name, each in reader.elements if name == "rect"]
    assert len(bars) == sum(1 for each in hours for fen in each if fen)
    for bar in bars:
        top, height = int(bar["y"] or ""), int(bar["height"] or "")
        assert 0 <= top <= top + height <= pictures.HEIGHT
        assert height >= 1
    assert 1 <= len([1 for name, _ in reader.elements if name == "line"]) <= 13
