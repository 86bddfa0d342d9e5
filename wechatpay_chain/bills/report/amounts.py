"""Converts fen to yuan exactly, without floats."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["decimal_yuan", "yuan"]

FEN = Decimal(100)
CENTS = Decimal("0.01")


def decimal_yuan(fen: int | Decimal) -> Decimal:
    """Convert an amount to yuan with two decimals, or more if the fen have decimals."""
    amount = Decimal(fen) / FEN
    rounded = amount.quantize(CENTS)
    return rounded if rounded == amount else amount.normalize()


def yuan(fen: int | Decimal) -> str:
    """Format fen as yuan: 123405 becomes `1,234.05`."""
    return f"{decimal_yuan(fen):,f}"
