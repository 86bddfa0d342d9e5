"""Codes, numbers and Request-IDs, of which some say nothing."""

from __future__ import annotations

import pytest

from wechatpay_chain import catalogue
from wechatpay_chain.diagnosis.meanings import keys, meaning
from wechatpay_chain.diagnosis.request_ids import read


def test_every_key_has_a_meaning_in_both_languages() -> None:
    found = [meaning(key) for key in keys()]
    assert [key for key, each in zip(keys(), found, strict=True) if each is None] == []
    assert all(each.en and each.zh for each in found if each)
    assert len(keys()) > 120


def test_an_operation_without_the_code_has_the_general_meaning() -> None:
    operation = catalogue.find("GET", "v3/certificates")
    found = meaning("ORDERPAID", operation)
    assert found is not None
    assert found.en == "the order is already paid"


@pytest.mark.parametrize("key", ["", "NOTHING_SUCH", "999", "ORDER PAID"])
def test_unknown_keys(key: str) -> None:
    assert meaning(key) is None


@pytest.mark.parametrize(
    "text",
    ["", "08F7-1", "abc", "08F7D7D6DC0510E90218A4D2-", "18F7D7D6DC0510E90218A4D2-0", "08XX-0"],
)
def test_texts_that_are_no_request_id(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "message",
    ["08FFFFFFFFFFFFFFFF", "0801" + "10" * 5, "08F7D7D6DC0510E9021", "088080808001" + "00"],
)
def test_a_request_id_without_a_time(message: str) -> None:
    found = read(f"{message}-268512771")
    assert found is not None
    assert (found.time, found.number) == (None, 268512771)
