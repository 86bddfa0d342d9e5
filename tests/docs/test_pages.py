"""What the pages say is so: code compiles, links lead somewhere, lists are whole."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import wechatpay_chain
from tests.docs.support import (
    CHINESE,
    CONTRIBUTING,
    EXAMPLES,
    GUIDES,
    PAGES,
    READMES,
    ROOT,
    SKILLS,
    blocks,
    name,
)
from wechatpay_chain import errors
from wechatpay_chain.chain.options import OPTIONS
from wechatpay_chain.invoke import Invoke
from wechatpay_chain.keys import environment
from wechatpay_chain.messages.unsigned import unsigned_v2

FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)
FIRST_CELL = re.compile(r"^\| `(\w+)` \|", re.M)

PAIRS = [
    tuple(READMES),
    tuple(CONTRIBUTING),
    *((page, page.parent / "zh" / page.name) for page in GUIDES),
]


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in HEADING.findall(prose(page))
    }


def test_every_guide_is_there_in_both_languages() -> None:
    assert [page.name for page in GUIDES] == [page.name for page in CHINESE]
    assert {page.stem for page in GUIDES} >= {"index", "options", "errors", "keys", "stack"}


@pytest.mark.parametrize("page", [*PAGES, *SKILLS], ids=name)
def test_code_compiles(page: Path) -> None:
    for block in blocks(page):
        ast.parse(
            block.code if block.source is None else indented(block.code), f"{page}:{block.line}"
        )


@pytest.mark.parametrize("page", [*PAGES, *SKILLS], ids=name)
def test_code_is_no_wider_than_a_screen(page: Path) -> None:
    assert [
        line for block in blocks(page) for line in block.code.split("\n") if len(line) > 100
    ] == []


def indented(code: str) -> str:
    """A snippet that was cut out of a function, with something around it to parse."""
    depth = len(code) - len(code.lstrip(" "))
    return "".join(f"{' ' * level}if 1:\n" for level in range(0, depth, 4)) + code


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_snippet_is_part_of_its_file(page: Path) -> None:
    for block in blocks(page):
        if block.source is not None:
            assert block.code in (page.parent / block.source).read_text("utf-8")


def test_the_stack_guide_shows_both_examples() -> None:
    shown = {block.source for block in blocks(ROOT / "docs" / "stack.md")} - {None}
    assert shown == {f"examples/{path.name}" for path in EXAMPLES.glob("*.py")}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name(pair[0]))
def test_both_languages_have_the_same_code(pair: tuple[Path, Path]) -> None:
    english, chinese = ([block.code for block in blocks(page)] for page in pair)
    assert len(english) == len(chinese)
    for mine, theirs in zip(english, chinese, strict=True):
        assert code_alone(mine) == code_alone(theirs)


def code_alone(code: str) -> str:
    return ast.dump(ast.parse(indented(code)))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name(pair[0]))
def test_both_languages_have_the_same_shape(pair: tuple[Path, Path]) -> None:
    english, chinese = (prose(page) for page in pair)
    for mark in (r"^#+ ", r"^\|", r"^- ", r"^\d\. "):
        assert len(re.findall(mark, english, re.M)) == len(re.findall(mark, chinese, re.M)), mark


@pytest.mark.parametrize(
    "page", [*PAGES, *CONTRIBUTING, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md"], ids=name
)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", [*PAGES, *CONTRIBUTING, ROOT / "SECURITY.md"], ids=name)
def test_named_modules_exist(page: Path) -> None:
    for dotted in re.findall(r"\bwechatpay_chain\.(?!typed\b)[\w.]*\w", page.read_text("utf-8")):
        module, found = "wechatpay_chain", importlib.import_module("wechatpay_chain")
        for part in dotted.split(".")[1:]:
            module = f"{module}.{part}"
            found = getattr(found, part, None) or importlib.import_module(module)


def test_the_changelog_says_where_modules_are_now() -> None:
    package = Path(wechatpay_chain.__file__).parent
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    rows = re.findall(r"^  \| `[^|]+\| ([^|]+) \|$", text, re.M)
    folders = re.findall(r"`([\w/]+/)`", "".join(rows))
    modules = re.findall(r"`(\w+(?:\.\w+)+)`", "".join(rows))
    assert len(rows) > 15
    assert [each for each in folders if not (package / each).is_dir()] == []
    assert [each for each in modules if not list(package.glob(f"{each.replace('.', '/')}*"))] == []


@pytest.mark.parametrize(
    "page", [ROOT / "docs" / "options.md", ROOT / "docs" / "zh" / "options.md"]
)
def test_every_option_is_in_the_guide(page: Path) -> None:
    text = prose(page)
    listed = FIRST_CELL.findall(text)
    assert set(listed) == OPTIONS
    assert len(listed) == len(OPTIONS)
    assert re.findall(r"^## (\w+)$", text, re.M) == listed


@pytest.mark.parametrize("page", [ROOT / "docs" / "keys.md", ROOT / "docs" / "zh" / "keys.md"])
def test_every_variable_is_in_the_guide(page: Path) -> None:
    listed = re.findall(r"^\| `WECHATPAY_(\w+)` \|", prose(page), re.M)
    assert set(listed) == environment.KNOWN
    assert len(listed) == len(environment.KNOWN)


@pytest.mark.parametrize("pages", [GUIDES, CHINESE], ids=["en", "zh"])
def test_every_public_name_is_documented(pages: list[Path]) -> None:
    text = "\n".join(page.read_text("utf-8") for page in pages)
    public = set(wechatpay_chain.__all__) - {"__version__"}
    assert [word for word in sorted(public) if not re.search(rf"\b{word}\b", text)] == []


@pytest.mark.parametrize("folder", ["docs", "docs/zh"])
def test_the_error_guide_has_the_whole_tree(folder: str) -> None:
    text = (ROOT / folder / "errors.md").read_text("utf-8")
    tree = re.findall(r"\b[A-Z]\w+", FENCE.findall(text)[0])
    classes = {word for word in errors.__all__ if word != "SignatureReason"}
    assert set(tree) - {"LookupError", "ValueError", "TimeoutError"} == classes


@pytest.mark.parametrize("folder", ["docs", "docs/zh"])
def test_the_invoke_guide_has_every_method(folder: str) -> None:
    methods = {word for word in vars(Invoke) if not word.startswith("_")}
    listed = re.findall(r"^\| `(\w+)\(", (ROOT / folder / "invoke.md").read_text("utf-8"), re.M)
    assert set(listed) == methods


def test_the_number_of_unsigned_operations_is_right() -> None:
    numbers = [
        int(number)
        for page in (*GUIDES, *CHINESE)
        for number in re.findall(r"(\d+)\s+(?:APIv2\s+operations|个 APIv2 接口)", prose(page))
    ]
    assert len(numbers) >= 2
    assert set(numbers) == {len(unsigned_v2)}


def test_the_changelog_has_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## \[Unreleased\]\n\n### Added\n\n#### \w+\n\n- ", text, re.M)
