"""Draws an editor that completes a member of a body, with what pyright's language server says."""

from __future__ import annotations

import re
import tempfile
from html import escape
from pathlib import Path
from typing import NamedTuple

from tests.docs.support import ROOT
from tests.typing.language_server import LanguageServer

__all__ = ["PICTURE", "Shown", "ask", "draw"]

PICTURE = ROOT / "docs" / "images" / "completion.svg"

BEFORE = """\
from wechatpay_chain import WeChatPay

wxpay = WeChatPay.from_env(fill=True)
order = wxpay.v3.pay.transactions.native.post(
    json={"out_trade_no": "order-0001", \""""
AFTER = '"}\n)\n'
OFFERED = 7
"""Rows of the list; an editor scrolls the rest."""

WIDTH, LINE, LEFT, TOP = 760, 21, 52, 18
LIST = 210
QUOTE = '"'
TOKEN = re.compile(r'("[^"]*"|\b(?:from|import|True)\b)')
TITLE = "An editor completes the members of the body of wxpay.v3.pay.transactions.native.post"
STYLE = """\
.paper { fill: #fff }
.window { fill: #f6f8fa; stroke: #d0d7de }
.list { fill: #fff; stroke: #afb8c1 }
.chosen { fill: #ddf4ff }
text {
  fill: #1f2328;
  font: 13px ui-monospace, Menlo, Consolas, "Noto Sans Mono CJK SC", "PingFang SC", monospace;
  white-space: pre;
}
.title { font-weight: 600 }
.number, .type { fill: #59636e }
.right { text-anchor: end }
.keyword { fill: #cf222e }
.string { fill: #0a3069 }
.caret { fill: #0969da }
@media (prefers-color-scheme: dark) {
  .paper { fill: #0d1117 }
  .window { fill: #151b23; stroke: #3d444d }
  .list { fill: #212830; stroke: #656c76 }
  .chosen { fill: #1f3a5f }
  text { fill: #f0f6fc }
  .number, .type { fill: #9198a1 }
  .keyword { fill: #ff7b72 }
  .string { fill: #a5d6ff }
  .caret { fill: #4493f8 }
}"""
LONGEST = 9
"""Characters of a type's name that fit beside the longest name."""


class Shown(NamedTuple):
    """What the language server says at the cursor.

    Attributes:
        members: the names that it offers, each with its type.
        title: of the operation, from the documentation of the verb.
        operation: its method and path.
        documented: lines of that documentation: the members of the body.
    """

    members: list[tuple[str, str]]
    title: str
    operation: str
    documented: list[str]


def ask() -> Shown:
    """Ask pyright's language server."""
    code = BEFORE + AFTER
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "shop.py").write_text(code, "utf-8")
        server = LanguageServer(Path(folder), code)
        try:
            offered = server.at("textDocument/completion", BEFORE)
            signature = server.at("textDocument/signatureHelp", "native.post(")
        finally:
            server.close()
    items = offered["items"] if isinstance(offered, dict) else offered
    documentation = signature["signatures"][0]["documentation"]["value"].replace("\\", "")
    lines = [line.strip().replace("&nbsp;", "") for line in documentation.splitlines()]
    title, operation = [line for line in lines if line][:2]
    names = [each["label"].strip('"') for each in items]
    documented = [
        line.partition("  [")[0] for line in lines if line.split("  ")[0].rstrip("*") in names
    ]
    return Shown(
        [(name, each["detail"]) for name, each in zip(names, items, strict=True)],
        title,
        operation,
        documented,
    )


def draw(shown: Shown) -> str:
    """The picture as an SVG document, readable on light and dark pages."""
    shapes, lines = list[str](), BEFORE.split("\n")
    rest = AFTER.partition("\n")[0]
    for number, line in enumerate(lines, 1):
        y = TOP + number * LINE
        shapes += [
            _text(LEFT - 14, y, str(number), "number right"),
            _text(
                LEFT, y, _coloured(line) if number < len(lines) else _at_the_cursor(line, rest), ""
            ),
        ]
    x, y = LEFT + 120, TOP + len(lines) * LINE + 10
    rows = shown.members[:OFFERED]
    height = len(rows) * LINE + 10
    shapes += [
        _box(x, y, LIST, height, "list"),
        _box(x + LIST - 1, y, WIDTH - x - LIST - 24, height, "list"),
        _box(x + 1, y + 4, LIST - 2, LINE, "chosen"),
    ]
    for row, (name, kind) in enumerate(rows):
        place = y + 19 + row * LINE
        kind = kind if len(kind) <= LONGEST else f"{kind[: LONGEST - 1]}…"
        shapes.append(_text(x + 10, place, name, ""))
        shapes.append(_text(x + LIST - 12, place, kind, "type right"))
    about = [shown.title, shown.operation, "", *shown.documented[: OFFERED - 3]]
    for row, line in enumerate(about):
        style = ("title", "type")[row] if row < 2 else ""
        shapes.append(_text(x + LIST + 12, y + 19 + row * LINE, escape(line), style))
    return _document(shapes, y + height + 24)


def _at_the_cursor(before: str, after: str) -> str:
    """The line with a string that is open before the cursor and closed behind it."""
    code, quote, rest = before[:-1], before[-1], after[1:]
    cursor = '<tspan class="caret">│</tspan>'
    string = f'<tspan class="string">{quote}{cursor}{after[0]}</tspan>'
    return f"{_coloured(code)}{string}{escape(rest)}"


def _coloured(line: str) -> str:
    parts = TOKEN.split(line)
    return "".join(
        f'<tspan class="{"string" if part[0] == QUOTE else "keyword"}">{escape(part)}</tspan>'
        if TOKEN.fullmatch(part)
        else escape(part)
        for part in parts
        if part
    )


def _text(x: int, y: int, text: str, style: str, more: str = "") -> str:
    return f'<text class="{style}" x="{x}" y="{y}"{more}>{text}</text>'


def _box(x: int, y: int, width: int, height: int, style: str) -> str:
    return f'<rect class="{style}" x="{x}" y="{y}" width="{width}" height="{height}" rx="3"/>'


def _document(shapes: list[str], height: int) -> str:
    size = f'width="{WIDTH}" height="{height}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {size}'
            ' role="img" aria-labelledby="title">',
            f'<title id="title">{TITLE}</title>',
            f"<style>\n{STYLE}\n</style>",
            f'<rect class="paper" {size} rx="8"/>',
            _box(8, 8, WIDTH - 16, height - 16, "window"),
            *shapes,
            "</svg>\n",
        )
    )
