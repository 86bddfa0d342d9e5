"""Draws the diagrams of the guides: SVG from short texts in `docs/_diagrams`.

    # The title
    A description for screen readers.

    place            | on the way there    | on the way back
    your code        | calls a verb        | receives a response
    middleware/      |                     |
      gate           |                     | checks that the response is verified

A diagram is a column of places. A request goes down and its response comes up, and the text beside
a place says what happens there. Indented places are parts of the place above them. `make docs` and
`make format` run this module; it needs nothing but Python, and the same text gives the same bytes.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from pathlib import Path
from typing import NamedTuple

__all__ = ["SOURCES", "draw", "image_of", "parse"]

DOCS = Path(__file__).resolve().parents[2]
SOURCES = sorted((DOCS / "_diagrams").rglob("*.txt"))

WIDTH = 700
BOX = 214
LEFT, RIGHT = (WIDTH - BOX) // 2, (WIDTH + BOX) // 2
LINE, PADDING, GAP, MARGIN, FRAME, BESIDE = 18, 9, 24, 16, 12, 24
TEXT = LEFT - BESIDE - MARGIN
"""How wide the text beside a place may be."""
DOWN, UP = WIDTH // 2 - 40, WIDTH // 2 + 40

CODE = re.compile(r"/$|\.py$")
TOKEN = re.compile(r"[「（]*[\u3040-\u9fff][，。；：、）」]*|\s+|[^\s\u3040-\u9fff]+")
STYLE = """\
svg { color: #1f2328; font: 13px system-ui, "PingFang SC", "Microsoft YaHei", sans-serif }
.paper { fill: #fff }
@media (prefers-color-scheme: dark) { svg { color: #e6edf3 } .paper { fill: #161b22 } }
text { fill: currentColor }
.place { font-family: ui-monospace, Menlo, Consolas, monospace; text-anchor: middle }
.name { font-weight: 600; text-anchor: middle }
.head { font-style: italic; opacity: .8 }
.out { text-anchor: end }
.box { fill: none; stroke: currentColor }
.frame { fill: currentColor; fill-opacity: .07; stroke: currentColor; stroke-dasharray: 4 3 }
.arrow { fill: none; stroke: currentColor; stroke-width: 1.5 }"""


class Place(NamedTuple):
    """A place on the way.

    Attributes:
        name: of a folder or module, or what it is.
        out, back: what happens there, on the way there and back.
        inner: whether it is a part of the last place that is not.
    """

    name: str
    out: str
    back: str
    inner: bool


class Diagram(NamedTuple):
    """A text, taken apart."""

    title: str
    description: str
    head: Place
    places: list[Place]


def parse(text: str) -> Diagram:
    """The diagram that a text describes."""
    top, _, table = text.partition("\n\n")
    title, _, description = top.removeprefix("# ").partition("\n")
    head, *places = [_place(line) for line in table.splitlines() if line.strip()]
    return Diagram(title, description.replace("\n", " "), head, places)


def _place(line: str) -> Place:
    name, out, back = (cell.strip() for cell in line.split("|"))
    return Place(name, out, back, line.startswith(" "))


def draw(diagram: Diagram) -> str:
    """A diagram as an SVG document, readable on light and dark pages."""
    places, shapes, y = diagram.places, list[str](), MARGIN + LINE
    shapes += [_text(LEFT - BESIDE, y - 4, diagram.head.out, "out head")]
    shapes += [_text(RIGHT + BESIDE, y - 4, diagram.head.back, "head")]
    y += PADDING
    frame = 0
    for index, place in enumerate(places):
        following = places[index + 1] if index + 1 < len(places) else None
        out, back = _wrapped(place.out), _wrapped(place.back)
        lines = max(1, len(out), len(back))
        height = lines * LINE + 2 * PADDING
        if following and following.inner and not place.inner:
            frame = y
        else:
            shapes.append(f'<rect class="box" x="{LEFT}" y="{y}" {_size(BOX, height)} rx="6"/>')
        style = "place" if place.inner or CODE.search(place.name) else "name"
        shapes.append(_text(WIDTH // 2, y + height // 2 + 5, place.name, style))
        shapes += _lines(LEFT - BESIDE, y, height, out, "out")
        shapes += _lines(RIGHT + BESIDE, y, height, back, "back")
        y += height
        if frame and not (following and following.inner):
            y += FRAME
            box = f'x="{LEFT - FRAME}" y="{frame}" {_size(BOX + 2 * FRAME, y - frame)}'
            shapes.append(f'<rect class="frame" {box} rx="6"/>')
            frame = 0
        elif frame == y - height:
            continue  # the name of a frame; its first part stands right below
        if following:
            shapes += _arrows(y)
            y += GAP
    return _document(diagram, shapes, y + MARGIN)


def _document(diagram: Diagram, shapes: list[str], height: int) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
            f' {_size(WIDTH, height)} role="img" aria-labelledby="title description">',
            f'<title id="title">{escape(diagram.title)}</title>',
            f'<desc id="description">{escape(diagram.description)}</desc>',
            f"<style>\n{STYLE}\n</style>",
            '<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
            ' markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
            '<path d="M0 0 8 4 0 8z" fill="currentColor"/></marker>',
            f'<rect class="paper" {_size(WIDTH, height)} rx="8"/>',
            *shapes,
            "</svg>\n",
        ]
    )


def _size(width: int, height: int) -> str:
    return f'width="{width}" height="{height}"'


def _text(x: int, y: int, text: str, style: str) -> str:
    return f'<text class="{style}" x="{x}" y="{y}">{escape(text)}</text>'


def _lines(x: int, y: int, height: int, lines: list[str], style: str) -> list[str]:
    first = y + (height - len(lines) * LINE) // 2 + 14
    return [_text(x, first + LINE * index, line, style) for index, line in enumerate(lines)]


def _arrows(y: int) -> list[str]:
    return [
        f'<path class="arrow" marker-end="url(#head)" d="M{x} {start}V{end}"/>'
        for x, start, end in ((DOWN, y, y + GAP - 1), (UP, y + GAP, y + 1))
    ]


def _wrapped(text: str) -> list[str]:
    lines, line = list[str](), ""
    for token in TOKEN.findall(text):
        if line and _width(f"{line}{token}".rstrip()) > TEXT:
            lines.append(line.rstrip())
            line = ""
        line += token if line else token.lstrip()
    return [*lines, line.rstrip()] if line else lines


def _width(text: str) -> int:
    return sum(13 if unicodedata.east_asian_width(letter) in "WF" else 7 for letter in text)


def image_of(source: Path) -> Path:
    """Where the image of a text stands."""
    folder = source.relative_to(DOCS / "_diagrams").parent
    return DOCS / folder / "images" / f"{source.stem}.svg"


if __name__ == "__main__":
    for each in SOURCES:
        image_of(each).write_text(draw(parse(each.read_text("utf-8"))), "utf-8")
