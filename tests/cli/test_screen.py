"""On a screen: coloured, wrapped to its width, and with nothing cut."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import pytest
from rich.cells import cell_len

from tests.cli.support import data, plain_environment, process, run
from wechatpay_chain.cli.terminal import drawn_page, drawn_table
from wechatpay_chain.display.layout import Branch, Column, Facts, Heading, Table, text

ESCAPE = re.compile(r"\x1b\[[\d;]*m")
REFUND = ("ops", "show", "POST", "v3/refund/domestic/refunds")

Look = Callable[..., None]


def drawn(*arguments: str, **environment: str) -> str:
    result = run(*arguments, **environment)
    assert result.exit_code == 0, result.output
    return result.stdout


def bare(*arguments: str) -> str:
    return ESCAPE.sub("", drawn(*arguments))


def test_a_table_has_a_head_and_columns(terminal: Look) -> None:
    terminal(120)
    head, first, *_ = bare("ops", "search", "退款", "--limit", "3").splitlines()
    assert re.split(" {2,}", head) == ["method", "path", "title", "product"]
    assert re.split(" {2,}", first) == [
        *("POST", "v3/refund/domestic/refunds", "申请退款", "退款"),
    ]


@pytest.mark.parametrize("columns", [40, 59, 60, 80, 120])
@pytest.mark.parametrize(
    "arguments", [("ops", "search", "退款", "--limit", "0"), ("ops", "tree"), ("webhooks",)]
)
def test_a_table_fits_and_is_whole(
    arguments: tuple[str, ...], columns: int, terminal: Look
) -> None:
    rows = run(*arguments).stdout.splitlines()
    if "search" in arguments:
        rows = [row.rpartition("\t")[0] for row in rows]  # a screen has no room for addresses
    terminal(columns)
    table = bare(*arguments)
    assert max(map(cell_len, table.splitlines())) <= columns
    shown, said = (Counter(re.sub(r"\s", "", text)) for text in (table, "".join(rows)))
    heads = ["methodpathtitleproduct", "productoperationscontents", "eventprotocoltitle"]
    assert shown - said in [Counter(), *map(Counter, heads)]
    assert not said - shown


def test_a_path_breaks_at_its_slashes(terminal: Look) -> None:
    terminal(80)
    table = bare("ops", "search", "apply-abnormal-refund", "--limit", "1")
    assert "v3/refund/domestic/refunds/{refund_id}/  " in table
    assert "\n          apply-abnormal-refund\n" in table


def test_on_a_narrow_screen_cells_go_below_each_other(terminal: Look) -> None:
    terminal(50)
    table = bare("ops", "search", "v3/refund/domestic/refunds", "--limit", "1")
    assert table == "POST v3/refund/domestic/refunds\n  申请退款\n  退款\n"


def test_twenty_results_are_enough_for_a_screen(terminal: Look) -> None:
    everything = len(data("ops", "search", "支付"))
    terminal(200)
    result = run("ops", "search", "支付")
    assert len(result.stdout.splitlines()) == 21
    page, more = result.stderr.splitlines()
    first = data("ops", "search", "支付")[0]
    assert page == f"{first['title']}: {first['page']}"
    assert more == f"20 of {everything}; --limit 0 shows all"
    assert len(data("ops", "search", "支付")) == everything


def test_numbers_stand_at_the_right(terminal: Look) -> None:
    terminal(100)
    rows = bare("ops", "tree").splitlines()
    ends = {re.match(r"\S+ +\d+", row).end() for row in rows[1:] if row.startswith("v")}
    assert len(ends) == 1


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_page_says_the_same_as_in_a_pipe(columns: int, terminal: Look) -> None:
    plain = run(*REFUND).stdout
    terminal(columns)
    page = bare(*REFUND)
    signs = r"[\s│├└─]"
    assert re.sub(signs, "", page) == re.sub(signs, "", plain)
    code = {line for line in page.splitlines() if line.startswith("response = ")}
    assert code <= set(plain.splitlines())  # lines of code are not wrapped, so they can be copied


def test_no_line_ends_in_blanks(terminal: Look) -> None:
    terminal(80)
    for arguments in (REFUND, ("ops", "tree"), ("webhooks", "REFUND.SUCCESS")):
        assert not re.search(r" $", bare(*arguments), re.MULTILINE)


def test_colours_are_the_terminals_own(terminal: Look) -> None:
    terminal(80)
    page = drawn(*REFUND)
    assert "\x1b[1;33mPOST \x1b[0m" in page
    codes = {code for found in ESCAPE.findall(page) for code in found[2:-1].split(";")}
    assert "38" not in codes  # neither of 256 colours nor of 16 million
    assert "\x1b[1;32m  GET " in drawn("ops", "tree", "v3/bill")


def test_no_color_has_no_escape_at_all(terminal: Look) -> None:
    terminal(80)
    for arguments in (REFUND, ("ops", "search", "退款"), ("webhooks", "REFUND.SUCCESS")):
        assert "\x1b" not in drawn(*arguments, NO_COLOR="1")
    assert "\x1b" in drawn(*REFUND, NO_COLOR="")


def test_a_dumb_terminal_has_no_escape_either(terminal: Look) -> None:
    terminal(80)
    assert "\x1b" not in drawn(*REFUND, TERM="dumb")


def test_colours_can_be_forced_upon_pages_but_not_upon_data() -> None:
    assert "\x1b[" in drawn(*REFUND, FORCE_COLOR="1", TERM="xterm")
    assert "\x1b" not in drawn("ops", "search", "退款", FORCE_COLOR="1", TERM="xterm")
    assert "\x1b" not in drawn(*REFUND, "--json", FORCE_COLOR="1")
    assert "\x1b" not in drawn(*REFUND, "--code", FORCE_COLOR="1")


def test_a_terminal_of_little_encoding_gets_what_it_can_show(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    page = [[Heading(text("申请退款")), Branch(text("a"), (Branch(text("b")),))]]
    assert drawn_page(page, "ascii") == "????\na\n`-- b\n"
    assert "申请退款" in drawn_page(page, "gbk")


def test_words_longer_than_a_screen_are_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    path = text(f"v3/{'x' * 70}/y")
    table = drawn_table(
        Table((Column("method"), Column("path", "path")), ((text("GET"), path),)), "utf-8"
    )
    assert table.count("x") == 70
    assert max(map(len, table.splitlines())) <= 60
    facts = drawn_page([[Facts((("url", path),))]], "utf-8")
    assert facts.count("x") == 70


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
@pytest.mark.parametrize("columns", [80, 120])
def test_in_a_pseudo_terminal(columns: int) -> None:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = plain_environment(TERM="xterm-256color")
    done = process(
        *("ops", "search", "退款", "--limit", "5"),
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        capture_output=False,
        env=environment,
    )
    os.close(theirs)
    content = os.read(ours, 65536).decode().replace("\r\n", "\n")
    os.close(ours)
    assert done.returncode == 0
    head, *rows = ESCAPE.sub("", content).splitlines()
    assert head.startswith("method  path")
    assert len(rows) >= 5
    assert max(map(cell_len, rows)) <= columns
    assert "\x1b[" in content
