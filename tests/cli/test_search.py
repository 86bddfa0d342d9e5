"""`ops search`: what has the words, best first; and what to do where nothing has."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.support import data, failed, lines, run
from wechatpay_chain import catalogue


def test_a_row_has_five_columns() -> None:
    page = "https://pay.weixin.qq.com/docs/merchant/apis/refund/refunds/create.html"
    row = f"POST\tv3/refund/domestic/refunds\t申请退款\t退款\t{page}"
    assert row in lines("ops", "search", "退款")


def test_all_are_listed_in_a_pipe_the_best_first() -> None:
    found = catalogue.search("支付")
    assert len(found) > 20
    rows = [line.split("\t") for line in lines("ops", "search", "支付")]
    assert [(row[0], row[1]) for row in rows] == [(each.method, each.path) for each in found]


def test_every_word_is_required() -> None:
    both = data("ops", "search", "native", "partner")
    assert [each["path"] for each in both] == ["v3/pay/partner/transactions/native"]
    assert both == data("ops", "search", "native partner")


def test_the_official_names_of_products_only() -> None:
    row = next(line for line in lines("ops", "search", "v3/statements") if "GET" in line)
    assert row.split("\t")[3] == ""
    assert data("ops", "search", "v3/statements")[0]["tags"] == ["v3/statements"]


def test_what_is_retired_is_marked() -> None:
    retired = next(each for each in catalogue.operations() if each.retired)
    rows = lines("ops", "search", retired.path)
    assert any(row.split("\t")[2] == f"{retired.title} (retired)" for row in rows)
    found = data("ops", "search", retired.path)
    assert any(each["retired"] for each in found)


def test_json_has_these_keys() -> None:
    (found,) = data("ops", "search", "v3/pay/transactions/native")
    assert found == {
        "method": "POST",
        "path": "v3/pay/transactions/native",
        "title": "Native下单",
        "id": "post_v3_pay_transactions_native",
        "tags": ["基础支付"],
        "mode": "merchant",
        "retired": False,
        "chain": "v3.pay.transactions.native.post",
        "page": "https://pay.weixin.qq.com/doc/v3/merchant/4012525171",
    }
    assert "Native下单" in run("ops", "search", "v3/pay/transactions/native", "--json").stdout


def test_a_limit_is_kept_and_told() -> None:
    result = run("ops", "search", "退款", "--limit", "2")
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == f"2 of {len(catalogue.search('退款'))}; --limit 0 shows all\n"
    assert len(data("ops", "search", "退款", "--limit", "3")) == 3
    assert run("ops", "search", "退款", "--limit", "0").stderr == ""


def test_nothing_found_says_which_word_is_at_fault() -> None:
    message = failed("ops", "search", "退款", "refnud")
    assert "no operation contains '退款' and 'refnud'" in message
    assert f"'退款' has {len(catalogue.search('退款'))} operations" in message
    assert "'refnud' does not occur in any operation; did you mean refund" in message
    assert "ops tree" in message


@pytest.mark.parametrize(
    ("word", "meant"), [("转帐", "转账"), ("申请退钱", "申请退款"), ("REFNUD", "refund")]
)
def test_nothing_found_says_what_is_near(word: str, meant: str) -> None:
    assert f"did you mean {meant}" in failed("ops", "search", word)


def test_nothing_found_and_nothing_near() -> None:
    message = failed("ops", "search", "xqzzw")
    assert "'xqzzw' does not occur in any operation\n" in message
    assert "did you mean" not in message


def test_each_word_alone_but_never_all() -> None:
    message = failed("ops", "search", "红包", "native")
    assert "does not occur in any operation" not in message
    assert message.count(" has ") == 2


def test_nothing_found_is_an_empty_list_in_json() -> None:
    result = run("ops", "search", "xqzzw", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == []
    assert "no operation" in result.stderr


@pytest.mark.parametrize("arguments", [[], [" "], ["退款", "--limit", "-1"]])
def test_usage_errors(arguments: list[str]) -> None:
    assert "Usage: wechatpay-chain ops search" in failed("ops", "search", *arguments, code=2)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=3))
def test_no_words_crash_it(words: list[str]) -> None:
    result = run("ops", "search", "--", *words)
    assert result.exit_code in (0, 1, 2)
    assert bool(result.stdout) == (result.exit_code == 0)
