"""Plaintext of encrypted fields: stored in records, masked in all output."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain.gateway.messages.exchange import Secret
from wechatpay_chain.gateway.store.plaintext import dumps, loads, masked
from wechatpay_chain.gateway.store.store import Store

NAMES = st.sampled_from(["$secret", "$$secret", "$", "secret", "name"]) | st.text(max_size=5)
SECRETS = st.builds(Secret, st.text(st.characters(codec="utf-8"), min_size=2))
VALUES = st.recursive(
    st.none() | st.integers() | st.text(st.characters(codec="utf-8")) | SECRETS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def secrets_in(value: Any) -> list[Secret]:
    if isinstance(value, Secret):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for each in inner for found in secrets_in(each)]


@given(st.dictionaries(NAMES, VALUES))
def test_a_record_comes_back_as_it_was(record: dict[str, Any]) -> None:
    found = loads(dumps(record))
    assert found == record
    assert secrets_in(found) == secrets_in(record)


@given(st.dictionaries(NAMES, SECRETS))
def test_of_a_plaintext_the_first_character_is_shown(record: dict[str, Any]) -> None:
    assert masked(record) == {name: f"{str.__str__(each)[0]}**" for name, each in record.items()}


def test_the_database_keeps_the_type() -> None:
    store = Store()
    store.put("application", "1", {"contact": {"name": Secret("张三"), "mobile": ["x"]}})
    found = store.get("application", "1")
    assert found == {"contact": {"name": "张三", "mobile": ["x"]}}
    assert "张三" not in repr(found)
    assert json.dumps(masked(found), ensure_ascii=False) == (
        '{"contact": {"name": "张**", "mobile": ["x"]}}'
    )
    store.close()


@pytest.mark.parametrize("text", ["", "张"])
def test_a_short_plaintext_is_not_shown_at_all(text: str) -> None:
    assert masked([Secret(text)]) == ["**"]
