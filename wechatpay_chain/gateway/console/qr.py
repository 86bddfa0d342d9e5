"""QR codes of the cashier page, which also works without them."""

from __future__ import annotations

from ...utils.exceptions import ConfigurationError
from ...utils.qr import qr_svg

__all__ = ["svg"]


def svg(text: str, label: str) -> str:
    """Return an `<svg>` element; empty if the code cannot be drawn.

    Args:
        text: the content of the code.
        label: the label for screen readers.
    """
    try:
        return qr_svg(text, size=None, label=label)
    except ConfigurationError:  # `segno` is not installed, or the text is too long
        return ""
