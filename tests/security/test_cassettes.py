"""Cassettes: what a server or a file makes of a few bytes is bounded."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from wechatpay_chain import ConfigurationError
from wechatpay_chain.testing.cassettes import files
from wechatpay_chain.testing.cassettes.hiding import bill_texts


@pytest.mark.parametrize("members", [1, 2])
def test_a_bomb_is_not_unpacked(members: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bill_texts, "LARGEST", 1 << 20)
    bomb = gzip.compress(bytes(64 << 20)) * members
    tracemalloc.start()
    try:
        assert bill_texts.unpacked(bomb) is None
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_members_are_joined() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert bill_texts.unpacked(packed) == b"one two"
    assert bill_texts.unpacked(packed[:-1]) is None
    assert bill_texts.unpacked(packed + b"x") is None
    assert bill_texts.unpacked(b"plain") is None


def test_aliases_make_no_more_of_a_file_than_is_written(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    lines = ["version: 1", "interactions: []", "a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(ConfigurationError, match="aliases are not allowed"):
        files.read(path)
