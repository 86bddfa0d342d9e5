"""One language a page: generated pages in both, and every page of the built site."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from wechatpay_site.guides import sources
from wechatpay_site.labels import LABELS, labels
from wechatpay_site.renderer import Page

HAN = re.compile(r"[\u4e00-\u9fff]")
SENTENCE = re.compile(r"[\u4e00-\u9fff][^\n]*[，。；！？]|[\u4e00-\u9fff]{17,}")
ENGLISH = re.compile(r"\b[A-Za-z][a-z]*(?: [a-z]+){2,}\b")
LEFT_OUT = re.compile(
    r"<(?P<name>script|style|pre|code|svg|title)\b.*?</(?P=name)>|<link\b[^>]*>", re.S
)
SPOKEN = re.compile(r'\s(?:aria-label|placeholder|alt|title)="([^"]*)"')
NAMES = {label.en.strip() for label in LABELS.values() if label.en not in ("", label.zh)}
"""What a Chinese page must not say: the English labels."""


def without(source: str, language: str) -> str:
    """A page without code, and without what is marked as being in a language."""
    source = LEFT_OUT.sub("", source)
    marked = re.compile(rf'<(\w+)\b[^>]*\slang="{language}"[^>]*>')
    while match := marked.search(source, source.find("<body")):
        end = closing(source, match)
        source = source[: match.start()] + source[end:]
    return source


def closing(source: str, opened: re.Match[str]) -> int:
    """Where the element ends that a tag opens."""
    depth = 0
    for tag in re.compile(rf"<(/?){opened[1]}\b").finditer(source, opened.start()):
        depth += -1 if tag[1] else 1
        if not depth:
            return source.index(">", tag.start()) + 1
    raise ValueError(f"{opened[0]} is not closed")


def said(source: str) -> Iterator[str]:
    """The texts of a page: those between tags, and those of attributes."""
    texts = [*re.sub(r"<[^>]+>", "\n", source).split("\n"), *SPOKEN.findall(source)]
    yield from filter(None, (html.unescape(text).strip() for text in texts))


def test_generated_english_pages_have_no_chinese_but_official_names(
    pages: dict[str, Page],
) -> None:
    for page in pages.values():
        marked = without(f"<body>{page.body}{page.toc}", "zh-CN")
        assert [text for text in said(marked) if HAN.search(text)] == [], page.name


def test_generated_chinese_pages_have_no_english_labels(chinese_pages: dict[str, Page]) -> None:
    for page in chinese_pages.values():
        texts = [*said(without(f"<body>{page.body}{page.toc}", "en"))]
        assert [text for text in texts if text in NAMES or ENGLISH.search(text)] == [], page.name


def test_both_languages_have_every_label() -> None:
    for key, label in LABELS.items():
        assert label.zh, key
        assert not HAN.search(label.en) or key == "other_language", key
        assert (
            set(re.findall(r"\{\w+\}|`[^`]+`", label.en))
            == set(re.findall(r"\{\w+\}|`[^`]+`", label.zh))
            or not label.en
        ), key
    assert labels("en")["copy"] == "Copy"
    assert labels("zh")["copy"] == "复制"


@pytest.mark.site
def test_no_english_page_has_chinese_sentences(built: Path) -> None:
    for path in built.rglob("*.html"):
        if path.is_relative_to(built / "zh"):
            continue
        texts = said(without(path.read_text("utf-8"), "zh-CN"))
        docname = path.relative_to(built).with_suffix("").as_posix()
        written = path.parent.name != "reference" or docname in sources("en")
        wrong = SENTENCE if written else HAN
        assert [text for text in texts if wrong.search(text)] == [], path


@pytest.mark.site
def test_no_chinese_page_has_english_labels_or_sentences(built: Path) -> None:
    for path in (built / "zh").rglob("*.html"):
        texts = [*said(without(path.read_text("utf-8"), "en"))]
        assert [text for text in texts if text in NAMES] == [], path
        alone = [text for text in texts if not HAN.search(text)]
        assert [text for text in alone if ENGLISH.search(text)] == [], path
