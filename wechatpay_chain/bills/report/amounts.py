"""Fen as yuan, exactly; no binary fraction is ever computed with."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["decimal_yuan", "yuan"]

FEN = Decimal(100)
CENTS = Decimal("0.01")


def decimal_yuan(fen: int | Decimal) -> Decimal:
    """An amount in yuan, with two places, or more where the fen have fractions."""
    amount = Decimal(fen) / FEN
    rounded = amount.quantize(CENTS)
    return rounded if rounded == amount else amount.normalize()


def yuan(fen: int | Decimal) -> str:
    """`1,234.05` of 123405 fen."""
    return f"{decimal_yuan(fen):,f}"
