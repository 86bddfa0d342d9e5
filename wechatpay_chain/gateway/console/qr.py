"""QR codes, made here; nobody else learns the address."""

from __future__ import annotations

from html import escape

__all__ = ["LONGEST", "svg"]

LONGEST = 1000
"""Characters of an address that are drawn: beyond, no telephone reads it from a screen."""


def svg(text: str, label: str) -> str:
    """An `<svg>` to put into a page; empty where the package `segno` is not installed.

    Args:
        text: what the code says.
        label: what a screen reader says instead.
    """
    try:
        import segno
    except ImportError:
        return ""
    if len(text) > LONGEST:
        return ""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff"
    )
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
