"""Yuan to fen and back, exactly; floats are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import ConfigurationError, fen_to_yuan, yuan


@pytest.mark.parametrize(
    ("amount", "fen"),
    [
        ("19.90", 1990),
        ("19.9", 1990),
        ("0.01", 1),
        ("0", 0),
        ("-0.05", -5),
        ("-12", -1200),
        ("1.500", 150),
        (20, 2000),
        (Decimal("19.9"), 1990),
        (Decimal("1E+2"), 10000),
        (Decimal("-0.10"), -10),
    ],
)
def test_yuan_become_fen(amount: Any, fen: int) -> None:
    assert yuan(amount) == fen


@pytest.mark.parametrize(
    "amount",
    [
        *(19.9, 20.0, float("nan"), True, None, b"19.90", [1]),
        *("", " 1", "1 ", "1.", ".5", "1.005", "1,000", "1e3", "+1", "01", "--1", "１", "٣", "¥1"),
        *("inf", "nan", "0x10", "1_000", "1\n", "9" * 25),
        *(Decimal("1.005"), Decimal("NaN"), Decimal("Infinity"), Decimal("1E+30")),
    ],
)
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    with pytest.raises(ConfigurationError, match="yuan"):
        yuan(amount)


@pytest.mark.parametrize(
    ("fen", "text"), [(1990, "19.90"), (5, "0.05"), (0, "0.00"), (-5, "-0.05"), (-1990, "-19.90")]
)
def test_fen_become_yuan(fen: int, text: str) -> None:
    assert fen_to_yuan(fen) == text


@pytest.mark.parametrize("fen", [19.9, True, "1990", None, Decimal(5)])
def test_only_whole_fen_become_yuan(fen: Any) -> None:
    with pytest.raises(ConfigurationError, match="an amount in fen must be an int, not"):
        fen_to_yuan(fen)


@given(st.integers(-(10**15), 10**15))
def test_there_and_back(fen: int) -> None:
    assert yuan(fen_to_yuan(fen)) == fen
    assert yuan(Decimal(fen) / 100) == fen


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        fen = yuan(text)
    except ConfigurationError:
        return
    assert Decimal(text) * 100 == fen
