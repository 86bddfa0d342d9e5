"""Renders QR codes as SVG locally, so that no external service receives their content."""

from __future__ import annotations

from html import escape

from .display import extent
from .exceptions import ConfigurationError
from .translation import _

__all__ = ["LONGEST", "qr_svg"]

LONGEST = 1000
"""Maximum number of characters; phones cannot scan larger codes from a screen."""


def qr_svg(text: str, *, size: int | None = 240, label: str = "QR code") -> str:
    """Return a QR code as an `<svg>` element, for example of a Native order's `code_url`.

    Requires the package `segno` (extra `qr` or `gateway`).

    Args:
        text: the content of the code.
        size: width and height in CSS pixels; None leaves them to the style sheet (`svg.qr`).
        label: the text for screen readers.

    Raises:
        ConfigurationError: `segno` is not installed, or the text is empty or too long.
    """
    try:
        import segno
    except ImportError:
        raise ConfigurationError(
            _('a QR code needs the package segno: pip install "wechatpay-chain[qr]"')
        ) from None
    if not (isinstance(text, str) and 0 < len(text) <= LONGEST):
        raise ConfigurationError(
            _(
                "a QR code needs a text of 1 to {longest} characters; this one has {extent}",
                longest=LONGEST,
                extent=extent(text),
            )
            if isinstance(text, str)
            else _(
                "a QR code needs a text of 1 to {longest} characters; this one is {extent}",
                longest=LONGEST,
                extent=extent(text),
            )
        )
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff"
    )
    measure = "" if size is None else f' width="{int(size)}" height="{int(size)}"'
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}"{measure} ', 1)
