"""Guides become pages as they are, and a new one is found by itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from wechatpay_site import guides
from wechatpay_site.docstrings import as_restructured_text

import wechatpay_chain
from wechatpay_chain import catalogue

DOCS = guides.ROOT / "docs"
BUILD = DOCS / "_build" / "source" / "en"


def rewritten(text: str, source: Path = DOCS / "chain.md", docname: str = "chain") -> str:
    return guides.rewritten(text, source, docname, BUILD)


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("[a](options.md)", "[a](options.md)"),
        ("[a](options.md#meta)", "[a](options.md#meta)"),
        ("[a](zh/options.md)", "[a](options.md)"),
        ("[a](#verbs)", "[a](#verbs)"),
        ("[a](https://example.com/x.md)", "[a](https://example.com/x.md)"),
        ("[a](../README.md#errors)", "[a](reference/overview.md#errors)"),
        ("[a](../README.zh-CN.md)", "[a](reference/overview.md)"),
        ("[a](../CHANGELOG.md)", "[a](reference/changelog.md)"),
        ("[a](examples/retry.py)", "[a](<path:../../../examples/retry.py>)"),
        ("[`a`](../LICENSE#x)", "[`a`](<path:../../../../LICENSE>)"),
        ("![a](images/call.svg)", "![a](../../../images/call.svg)"),
        (
            "[a](../wechatpay_chain/catalogue/README.md#to-add)",
            "[a](reference/catalogue.md#to-add)",
        ),
        ("[a folder](examples/)", "a folder"),
        ("[gone](no-such.md)", "gone"),
        ("`list[0](no-such.md)` and [a](options.md)", "`list[0](no-such.md)` and [a](options.md)"),
    ],
)
def test_links(link: str, becomes: str) -> None:
    assert rewritten(link) == becomes


def test_code_is_left_alone() -> None:
    block = '```python\nwxpay["v3/x"](no_such)\n[a](../README.md)\n```\n'
    assert rewritten(f"[a](../README.md)\n\n{block}") == f"[a](reference/overview.md)\n\n{block}"


def test_a_file_from_elsewhere_is_linked_from_the_page_that_it_becomes() -> None:
    readme, docname = guides.ROOT / "README.md", "reference/overview"
    assert rewritten("[a](docs/keys.md#x)", readme, docname) == "[a](../keys.md#x)"
    assert rewritten("[a](CONTRIBUTING.md)", readme, docname) == "[a](contributing.md)"


def test_both_trees_have_the_same_pages() -> None:
    assert sorted(guides.sources("en")) == sorted(guides.sources("zh"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_of_the_project_hold_their_file(language: str) -> None:
    for name, files in guides.PROJECT.items():
        text = guides.page(f"reference/{name}", language, BUILD)
        file = guides.ROOT / files[("en", "zh").index(language)]
        assert text.startswith(file.read_text("utf-8").partition("\n")[0])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_links_to_its_twin(language: str) -> None:
    for name in guides.sources(language):
        text = guides.page(name, language, BUILD)
        assert "[中文](" not in text, name
        assert "[English](" not in text, name


def test_guides_come_in_the_sections_and_order_of_the_index(tmp_path: Path) -> None:
    index = "# All [z](z.md)\n\n## Start\n\n| [B](b.md) |\n| [A](a.md) |\n\n## More\n\n[C](c.md)"
    (tmp_path / "index.md").write_text(index)
    assert guides.sections(tmp_path) == {"Start": ["b", "a"], "More": ["c"]}


@pytest.mark.parametrize(("language", "source"), [("en", "index.md"), ("zh", "zh/index.md")])
def test_an_index_keeps_its_table_and_gets_the_reference(language: str, source: str) -> None:
    written = (DOCS / source).read_text("utf-8")
    assert "toctree" not in written  # it is read on GitHub as well
    text = guides.page("index", language, BUILD)
    table = [line for line in written.split("\n") if line.startswith("|")]
    assert [line for line in text.split("\n") if line.startswith("|")] == table
    assert "reference/index" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_in_one_toctree(language: str) -> None:
    listed = []
    for name, prefix in (("index", ""), ("api/index", "api/")):
        trees = re.findall(r"```\{toctree\}\n(.*?)```", guides.page(name, language, BUILD), re.S)
        entries = [line for tree in trees for line in tree.split("\n") if line and line[0] != ":"]
        listed += [prefix + re.sub(r".*<(.*)>", r"\1", entry) for entry in entries]
    there = [*guides.sources(language), *(f"reference/{name}" for name in guides.LISTS)]
    assert sorted([*listed, "index"]) == sorted(there)


def test_the_chinese_navigation_names_every_page_of_the_python_api() -> None:
    names = {path.stem for path in (DOCS / "api").glob("*.md")}
    assert set(guides.PYTHON) | {"index"} == names


def test_every_public_name_is_in_the_python_reference() -> None:
    text = "\n".join(path.read_text("utf-8") for path in (DOCS / "api").glob("*.md"))
    described = set(
        re.findall(r"^\.\. (?:auto\w+|py:\w+):: wechatpay_chain\.([\w.]+)$", text, re.M)
    )
    assert set(wechatpay_chain.__all__) - {"__version__"} <= described
    assert {f"catalogue.{name}" for name in catalogue.__all__} <= described


def test_docstrings_mean_what_they_say() -> None:
    assert as_restructured_text(
        [
            "Takes `*args`, *args, `code_`, global_ and a|b.",
            "",
            "    wxpay.v3.x.get(**options)",
            "",
            "* a point",
            "",
            "Args:",
            "    *layers: a `Stack`'s",
            "        or none_.",
        ]
    ) == [
        r"Takes ``*args``, \*args, ``code_``, global\_ and a\|b.",
        "",
        "::",
        "",
        "    wxpay.v3.x.get(**options)",
        "",
        "* a point",
        "",
        "Args:",
        r"    \*layers: a ``Stack``'s",
        r"        or none\_.",
    ]
