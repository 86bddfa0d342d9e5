"""SVG charts of the day: amounts by hour, and the number of differences in each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...display.markup import Markup, element, joined
from .amounts import yuan
from .markup import both
from .view import Hour
from .words import CLASSES, DIFFERENCES, Words

__all__ = ["by_class", "by_hour"]

WIDTH, HEIGHT = 600, 330
LEFT, RIGHT, TOP, BOTTOM = 88, 8, 14, 28
PLOT = HEIGHT - TOP - BOTTOM
STEPS = (1, 2, 5)


def by_hour(hours: Sequence[Hour]) -> Markup:
    """Return a bar chart: payments of each hour upwards, refunds downwards.

    Args:
        hours: all 24 hours.
    """
    above = max((hour.paid for hour in hours), default=0)
    below = max((hour.refunded for hour in hours), default=0)
    step = _step(above + below)
    highest, lowest = _up(above, step), _up(below, step)
    span = highest + lowest or 1

    def height(fen: int) -> int:
        return fen * PLOT // span

    zero = TOP + height(highest)
    width = (WIDTH - LEFT - RIGHT) // 24
    parts = [
        element("title", "每小时支付与退款金额 Amounts paid and refunded by hour"),
        *(
            _grid(zero - height(fen) if fen >= 0 else zero + height(-fen), fen)
            for fen in range(-lowest, highest + 1, step)
        ),
    ]
    for hour in hours:
        x = LEFT + hour.hour * width
        label = (
            f"{hour.hour:02}:00 支付 paid {yuan(hour.paid)}，退款 refunded {yuan(hour.refunded)}"
        )
        parts.append(
            element(
                "g",
                element("title", label),
                _bar(x, zero - height(hour.paid), width, height(hour.paid), hour.paid, "paid"),
                _bar(x, zero, width, height(hour.refunded), hour.refunded, "refunded"),
            )
        )
        if hour.hour % 3 == 0:
            middle = x + width // 2
            parts.append(
                element("text", f"{hour.hour:02}", x=middle, y=HEIGHT - 6, text_anchor="middle")
            )
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        class_="hours",
        focusable="false",
    )


def by_class(counts: Mapping[str, int]) -> Markup:
    """Return a table with bars: the number of differences in each class."""
    most = max((counts.get(kind, 0) for kind in DIFFERENCES), default=0) or 1
    rows = []
    for kind in DIFFERENCES:
        many = counts.get(kind, 0)
        name = both(CLASSES[kind].name)
        rows.append(
            element(
                "tr",
                element("th", element("a", name, href=f"#{kind}") if many else name, scope="row"),
                element("td", f"{many:,}", class_="number"),
                element("td", _share(many, most), class_="bar"),
                class_=None if many else "none",
            )
        )
    head = element(
        "tr",
        element("th", both(Words("类别", "Class")), scope="col"),
        element("th", both(Words("笔数", "Count")), scope="col", class_="number"),
        element("td"),
    )
    return element("table", element("thead", head), element("tbody", *rows), class_="classes")


def _share(many: int, most: int) -> Markup:
    """Return a bar with a length relative to the longest one; a single difference stays visible."""
    share = max(many * 1000 // most, 8) if many else 0
    return element(
        "svg",
        element("rect", width=f"{share // 10}.{share % 10}%", height=10, rx=2),
        height=10,
        width="100%",
        aria_hidden="true",
        focusable="false",
    )


def _grid(y: int, fen: int) -> Markup:
    return joined(
        [
            element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_=None if fen else "zero"),
            element("text", _short(abs(fen)), x=LEFT - 8, y=y + 4, text_anchor="end"),
        ]
    )


def _bar(x: int, y: int, width: int, height: int, fen: int, kind: str) -> Markup:
    """Return a bar; a very small amount is one unit high."""
    if not fen:
        return Markup()
    shown = max(height, 1)
    if kind == "paid":
        y -= shown - height
    return element("rect", x=x + 3, y=y, width=width - 6, height=shown, class_=kind)


def _step(span: int) -> int:
    """Return the grid interval in fen: 1, 2 or 5 with zeros, for about five lines."""
    scale = 1
    while True:
        for each in STEPS:
            if each * scale * 5 >= span:
                return max(each * scale, 100)
        scale *= 10


def _up(fen: int, step: int) -> int:
    return -(-fen // step) * step


def _short(fen: int) -> str:
    """Format an amount on the axis, in whole yuan."""
    return f"{fen // 100:,}"
