"""The guides for those who come from other libraries: their tables are the codemod's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.support import ROOT, blocks, generator
from wechatpay_chain.cli.migrate.mapping import LIBRARIES, functions

CELL = re.compile(r"^\| `([\w.]+)`", re.M)
BEFORE = re.compile(r"^```py\n(.*?)^```$", re.M | re.S)


migration = generator("migration")
PAGES = pytest.mark.parametrize("page", migration.PAGES, ids=lambda page: str(page.name))


@PAGES
def test_the_tables_are_those_of_the_codemod(page: Path) -> None:
    library, chinese = migration.PAGES[page]
    text = page.read_text("utf-8")
    made = migration.completed(text, library, chinese=chinese)
    assert text == made, "run make format"
    listed = CELL.findall(migration.table(library, chinese=chinese))
    assert set(listed) == functions(library).keys() - {"WeChatPay"}
    assert len(listed) == sum(
        len(each.rows) for name, each in functions(library).items() if name != "WeChatPay"
    )


@pytest.mark.parametrize("folder", ["", "zh"])
def test_the_number_of_functions_that_send_something_else(folder: str) -> None:
    text = (ROOT / "docs" / folder / "coming-from-wechatpayv3.md").read_text("utf-8")
    wrong = {
        name
        for name, each in functions("wechatpayv3").items()
        if any(row.differs in ("line", "raises") for row in each.rows)
    }
    said = re.search(r"- (?:wechatpayv3 有 )?(\d+) (?:functions of wechatpayv3|个函数)", text)
    assert said is not None
    assert int(said[1]) == len(wrong)


@PAGES
def test_what_is_shown_is_what_the_command_makes(page: Path, tmp_path: Path) -> None:
    pytest.importorskip("libcst")
    from tests.cli.support import run

    library, _ = migration.PAGES[page]
    (before,) = BEFORE.findall(page.read_text("utf-8"))
    file = tmp_path / "shop.py"
    file.write_text(before, "utf-8")
    result = run("migrate", library, str(file), "--write")
    assert result.exit_code == 0, result.output
    shown = blocks(page)[0].code
    after = formatted(file.read_text("utf-8"))
    assert [line for line in after if line not in formatted(shown)] == []


def formatted(code: str) -> list[str]:
    """Lines without indentation, for the page is formatted and the command's output is not."""
    return [line.strip() for line in code.splitlines()]


def test_each_library_has_its_pages() -> None:
    assert {library for library, _ in migration.PAGES.values()} == set(LIBRARIES)


def test_the_generator_touches_no_page_that_is_right() -> None:
    """A page that is written anew makes the built site older than its sources."""
    before = {page: (page.read_bytes(), page.stat().st_mtime_ns) for page in migration.PAGES}
    path = ROOT / "docs" / "_ext" / "wechatpay_site" / "migration.py"
    subprocess.run([sys.executable, str(path)], check=True, cwd=ROOT)
    after = {page: (page.read_bytes(), page.stat().st_mtime_ns) for page in migration.PAGES}
    assert after == before
