"""The built site, read as files: whole, held together, and needing nothing from elsewhere."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from wechatpay_site.renderer import Page

pytestmark = pytest.mark.site

LARGEST_SEARCH = 3_000_000
ASSET = re.compile(r'<(?:script|link|img|iframe|source)\b[^>]*?\s(?:src|href)="([^"]*)"')
IMPORTED = re.compile(r"""(?:url\(|@import\s)\s*["']?((?:https?:)?//[^)"']+)""")


@pytest.fixture(scope="module")
def sources(built: Path) -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in built.rglob("*.html")}


def test_every_page_was_written(built: Path, pages: dict[str, Page]) -> None:
    for tree in (built, built / "zh"):
        for page in pages.values():
            assert (tree / f"{page.docname}.html").is_file()
        for name in ("index", "api/client", "reference/overview", "search", "genindex"):
            assert (tree / f"{name}.html").is_file()


def test_language_models_get_the_guides(built: Path) -> None:
    listed = (built / "llms.txt").read_text("utf-8")
    assert listed.startswith("# wechatpay-chain\n\n> A Python client for WeChat Pay")
    links = re.findall(r"^- \[.+?\]\((.+?)\)", listed, re.M)
    assert len(links) > 30
    assert [link for link in links if not (built / link).is_file()] == []
    whole = (built / "llms-full.txt").read_text("utf-8")
    for title in ("# Getting started", "# Errors", "# The gateway", "# Testing"):
        assert f"\n{title}\n" in whole
    assert "[中文]" not in whole


def test_nothing_is_loaded_from_elsewhere(built: Path, sources: dict[Path, str]) -> None:
    for path, source in sources.items():
        for asset in ASSET.findall(source):
            assert not urlsplit(asset).netloc, (path.name, asset)
    for path in built.rglob("*.css"):
        assert IMPORTED.findall(path.read_text("utf-8")) == [], path.name


def test_every_link_leads_somewhere(sources: dict[Path, str]) -> None:
    ids = {
        path.resolve(): set(map(html.unescape, re.findall(r'\sid="([^"]*)"', source)))
        for path, source in sources.items()
    }
    for path, source in sources.items():
        for link in set(re.findall(r'<a\s[^>]*?href="([^"]*)"', source)):
            parts = urlsplit(html.unescape(link))
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            assert target.is_file(), (path.name, link)
            if parts.fragment and target in ids:
                assert unquote(parts.fragment) in ids[target], (path.name, link)


@pytest.mark.parametrize(("folder", "word"), [(".", "refund"), ("zh", "退款")])
def test_the_search_is_small_and_leads_somewhere(folder: str, word: str, built: Path) -> None:
    tree = built / folder
    script = (tree / "search-data.js").read_text("utf-8")
    assert len(script.encode()) < LARGEST_SEARCH
    data = json.loads(script.removeprefix("window.searchData = ").removesuffix(";\n"))
    places = {"operations": 4, "notifications": 3, "products": 2, "sections": 2, "names": 2}
    for kind, place in places.items():
        assert data[kind], kind
        for entry in data[kind]:
            assert (tree / unquote(entry[place].partition("#")[0])).is_file(), entry
    assert any(word in text for *_, text in data["sections"])


def test_only_guides_and_lists_are_in_the_navigation(sources: dict[Path, str]) -> None:
    for path, source in sources.items():
        if path.parent.name == "reference":
            tree = source.partition('<div class="sidebar-tree">')[2].partition("</div>")[0]
            assert 20 < tree.count("<li") < 100, path.name
            assert "get_v3" not in tree


def test_pages_say_their_language(built: Path, sources: dict[Path, str]) -> None:
    for path, source in sources.items():
        chinese = path.is_relative_to(built / "zh")
        assert f'lang="{"zh-CN" if chinese else "en"}"' in source[:300], path


def test_the_switch_leads_to_the_twin_of_every_page(built: Path, sources: dict[Path, str]) -> None:
    for path, source in sources.items():
        (link,) = re.findall(r'<a class="wx-switch" href="([^"]*)"', source)
        there = (path.parent / link).resolve()
        assert there.is_file(), (path, link)
        chinese = path.is_relative_to(built / "zh")
        here = path.relative_to(built / "zh" if chinese else built)
        assert there == (built / here if chinese else built / "zh" / here).resolve()
