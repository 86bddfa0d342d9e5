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
PAGE = DOCS / "chain.md"


def rewritten(text: str, source: Path = PAGE, page: Path = PAGE) -> str:
    return guides.rewritten(text, source, page)


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("[a](options.md)", "[a](options.md)"),
        ("[a](options.md#meta)", "[a](options.md#meta)"),
        ("[a](zh/chain.md)", "[a](zh/chain.md)"),
        ("[a](#verbs)", "[a](#verbs)"),
        ("[a](https://example.com/x.md)", "[a](https://example.com/x.md)"),
        ("[a](../README.md#errors)", "[a](reference/overview.md#errors)"),
        ("[a](../README.zh-CN.md)", "[a](reference/overview-zh.md)"),
        ("[a](../CHANGELOG.md)", "[a](reference/changelog.md)"),
        ("[a](examples/retry.py)", "[a](examples/retry.py)"),
        ("[`a`](../LICENSE#x)", "[`a`](<path:../LICENSE>)"),
        ("[a](../stubs/hook.py)", "[a](<path:../stubs/hook.py>)"),
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


def test_an_included_file_is_linked_from_the_page_that_includes_it() -> None:
    readme, page = guides.ROOT / "README.md", DOCS / "reference" / "overview.md"
    assert rewritten("[a](docs/keys.md#x)", readme, page) == "[a](../keys.md#x)"
    assert rewritten("[a](README.zh-CN.md)", readme, page) == "[a](overview-zh.md)"


@pytest.mark.parametrize("name", sorted(page.stem for page in guides.PAGES.values()))
def test_pages_of_the_project_hold_their_file(name: str) -> None:
    source = (DOCS / "reference" / f"{name}.md").read_text("utf-8")
    text, included = guides.completed(f"reference/{name}", source)
    (file,) = included
    assert guides.PAGES[file].stem == name
    assert text.startswith(file.read_text("utf-8").partition("\n")[0])


def test_guides_come_in_the_order_of_their_list(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("| [B](b.md) |\n| [A](a.md#x) |\n| [A](a.md) | [gone](g.md)")
    for name in ("a", "b", "new"):
        (tmp_path / f"{name}.md").write_text("# A guide")
    assert guides.in_order(tmp_path) == ["b", "a", "new"]


@pytest.mark.parametrize("docname", ["index", "zh/index"])
def test_an_index_keeps_its_table_and_gets_the_reference(docname: str) -> None:
    source = (DOCS / f"{docname}.md").read_text("utf-8")
    assert "toctree" not in source  # it is read on GitHub as well
    text, _ = guides.completed(docname, source)
    table = [line for line in source.split("\n") if line.startswith("|")]
    assert [line for line in text.split("\n") if line.startswith("|")] == table
    assert "reference/index" in text


def test_every_page_is_in_one_toctree() -> None:
    text, _ = guides.completed("index", (DOCS / "index.md").read_text("utf-8"))
    trees = re.findall(r"```\{toctree\}\n(.*?)```", text, re.S)
    entries = [line for tree in trees for line in tree.split("\n") if line and line[0] != ":"]
    listed = [re.sub(r".*<(.*)>", r"\1", entry) for entry in entries]
    folders = ((DOCS, ""), (DOCS / "zh", "zh/"), (DOCS / "reference", "reference/"))
    there = [f"{prefix}{path.stem}" for folder, prefix in folders for path in folder.glob("*.md")]
    assert sorted([*listed, "index"]) == sorted([*there, "api/index"])


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
