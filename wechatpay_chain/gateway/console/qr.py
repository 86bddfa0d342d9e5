"""QR codes of the cashier page, which is usable without them."""

from __future__ import annotations

from ...utils.exceptions import ConfigurationError
from ...utils.qr import qr_svg

__all__ = ["svg"]


def svg(text: str, label: str) -> str:
    """An `<svg>` to put into a page; empty where it cannot be drawn.

    Args:
        text: what the code says.
        label: what a screen reader says instead.
    """
    try:
        return qr_svg(text, size=None, label=label)
    except ConfigurationError:  # `segno` is not installed, or the address is too long
        return ""
