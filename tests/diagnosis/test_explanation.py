"""Why a signature fails: the cause is named, over a generated corpus of sixteen kinds."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.diagnosis import corpus
from wechatpay_chain.diagnosis.explanation import explain
from wechatpay_chain.diagnosis.findings import CAUSES
from wechatpay_chain.diagnosis.transcripts import read

SEEDS = range(3)
NEEDED = 0.95


def first(case: corpus.Case) -> str:
    """The first cause that is named, of the first message."""
    parts = explain(read(case.content), case.ring, case.now)
    return parts[0].findings[0].cause


def test_the_corpus_is_large_enough() -> None:
    cases = corpus.broken(0)
    kinds = Counter(case.kind for case in cases)
    assert len(cases) >= 60
    assert len(kinds) >= 12
    assert min(kinds.values()) >= 3
    assert set(kinds) <= set(CAUSES)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cause_is_named(seed: int) -> None:
    cases = corpus.broken(seed)
    wrong = [(case.kind, found) for case in cases if (found := first(case)) != case.kind]
    assert len(wrong) <= (1 - NEEDED) * len(cases), wrong


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_right_is_called_right(seed: int) -> None:
    assert [first(case) for case in corpus.right(seed)] == ["none"] * 12
