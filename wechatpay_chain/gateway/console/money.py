"""Formatting of amounts from integers of fen, without fractions."""

from __future__ import annotations

__all__ = ["shown"]

SIGNS = {"CNY": "¥"}


def shown(fen: int, currency: str = "CNY") -> str:
    """Return a formatted amount, such as `¥1,234.05` or `1,234.05 HKD`."""
    yuan, rest = divmod(abs(fen), 100)
    text = f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02}"
    sign = SIGNS.get(currency)
    return f"{text} {currency}" if sign is None else f"{sign}{text}"
