"""QR codes of the cashier page, which is usable without them."""

from __future__ import annotations

from ...utils.exceptions import ConfigurationError
from ...utils.qr import qr_svg

__all__ = ["svg"]


def svg(text: str, label: str) -> str:
    """Return an `<svg>` to put into a page; empty if it cannot be drawn.

    Args:
        text: the text of the code.
        label: the text for screen readers.
    """
    try:
        return qr_svg(text, size=None, label=label)
    except ConfigurationError:  # `segno` is not installed, or the address is too long
        return ""
