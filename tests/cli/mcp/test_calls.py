"""Calls of chains are found in source that does not run, and held against the catalogue."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import catalogue
from wechatpay_chain.catalogue.code_samples import code_samples
from wechatpay_chain.cli.mcp.calls import UNKNOWN, find_calls
from wechatpay_chain.cli.mcp.snippets import findings

NATIVE = "v3/pay/transactions/native"


def found(source: str) -> list[tuple[str, str]]:
    return [(call.method, call.path) for call in find_calls(ast.parse(source))]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("wxpay.v3.pay.transactions.native.post(json={})", NATIVE),
        ("await self.clients['a'].v3.pay.transactions.native.post_async(json={})", NATIVE),
        ('wxpay["v3/pay/transactions/native"].post(json={})', NATIVE),
        ('wxpay.chain("/v3/pay/transactions").native.post(json={})', NATIVE),
        ('wxpay.v3.pay["transactions/native"].post(json={})', NATIVE),
        ("client_of(7).v3.pay.transactions.native.post(json={})", NATIVE),
    ],
)
def test_a_call_is_found_however_it_is_written(source: str, path: str) -> None:
    wrapped = f"async def f():\n    {source}" if source.startswith("await") else source
    assert found(wrapped) == [("POST", path)]


def test_what_an_f_string_inserts_is_a_variable() -> None:
    source = 'wxpay[f"v3/pay/transactions/id/{number}"].get(query={"mchid": mchid})'
    (call,) = find_calls(ast.parse(source))
    assert call.path == "v3/pay/transactions/id/{value}"
    assert call.options == {"query": {"mchid": UNKNOWN}}
    assert findings(source) == []


@pytest.mark.parametrize("source", ["requests.get(url)", "d['a'].get(1)", "x.v3.post", "post()"])
def test_other_calls_are_none(source: str) -> None:
    assert found(source) == []


def test_every_code_sample_of_the_catalogue_is_right() -> None:
    for operation in catalogue.operations():
        for sample in code_samples(operation):
            source = f"async def f():\n    {sample.code}".replace("\n", "\n    ")
            assert findings(source) == [], sample.code


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "wxpay.v3.pay.transactions.nativ.post(json=order)",
            "line 1: the catalogue has no operation POST v3/pay/transactions/nativ; did you mean "
            f"POST {NATIVE}",
        ),
        (
            "\nwxpay.v3.pay.transactions.native.post(jsn={}, json=order)",
            f"line 2: POST {NATIVE}: jsn= is neither an option nor a path variable",
        ),
        (
            "wxpay.v3.pay.transactions.native.post(xml={})",
            f"line 1: POST {NATIVE}: this operation does not take xml=; pass json=",
        ),
        (
            f'wxpay["{NATIVE}"].post(json={{"descripton": tea, "amount": {{"total": total}}}})',
            f"line 1: POST {NATIVE}: json /descripton is not a field of this request; did you",
        ),
        (
            f'wxpay["{NATIVE}"].post(json={{"amount": {{"total": "1"}}}})',
            f"line 1: POST {NATIVE}: json /amount/total must be of type integer",
        ),
        (
            f'wxpay["{NATIVE}"].post(json={{"amount": amount}})',
            f"line 1: POST {NATIVE}: json /description is required and empty",
        ),
        ("wxpay.v3.pay.transactions.native.post()", f"line 1: POST {NATIVE}: json= is missing"),
        (
            "wxpay.v3.pay.transactions.id._transaction_id_.get()",
            "line 1: GET v3/pay/transactions/id/{transaction_id}: the path variable transaction_id "
            "is missing: pass transaction_id=…",
        ),
        ("wxpay.(", "line 1: not Python: invalid syntax"),
    ],
)
def test_what_is_wrong_is_said(source: str, expected: str) -> None:
    told = findings(source)
    assert [each for each in told if each.startswith(expected)], told


@pytest.mark.parametrize(
    "source",
    [
        "wxpay.v3.pay.transactions.native.post(options)",
        "wxpay.v3.pay.transactions.native.post(**options)",
        "wxpay.v3.pay.transactions.native.post(json={**order, 'descripton': 1})",
        "wxpay.v3.pay.transactions.native.post(body=content)",
    ],
)
def test_what_only_a_run_would_tell_is_not_held_against_the_source(source: str) -> None:
    assert findings(source) == []


@given(st.text(max_size=60))
def test_any_text_is_read(source: str) -> None:
    assert isinstance(findings(source), list)
