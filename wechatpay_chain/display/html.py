"""Renders a view as HTML for a notebook, without scripts or requests, with all content escaped.

It uses the notebook's own text and background colors, so it fits light and dark themes, and it
stays readable in viewers that remove its style sheet.
"""

from __future__ import annotations

from .layout import LONGEST, Branch, Code, Facts, Heading, Line, Span, Table
from .markup import Markup, element, joined, text
from .view import Part, View

__all__ = ["page"]

OPEN = 2
"""Number of unfolded levels of a tree."""

STYLE = Markup(
    ".wechatpay-view{font-size:13px;line-height:1.5;max-width:100%;overflow-x:auto}"
    ".wechatpay-view .head{font-weight:600;margin:2px 0 6px}"
    ".wechatpay-view .badge{border:1px solid currentColor;border-radius:4px;font-weight:600;"
    "margin-left:8px;padding:0 6px;white-space:nowrap}"
    ".wechatpay-view .badge.bad{background:#b42318;border-color:#b42318;color:#fff}"
    ".wechatpay-view .badge.good{background:rgba(46,160,67,.22);border-color:rgba(46,160,67,.9)}"
    ".wechatpay-view .badge.unsure{background:rgba(210,153,34,.25);"
    "border-color:rgba(210,153,34,.9)}"
    ".wechatpay-view table{border-collapse:collapse;font-size:inherit;margin:4px 0}"
    ".wechatpay-view th,.wechatpay-view td{border:0;border-bottom:1px solid rgba(128,128,128,.35);"
    "padding:2px 12px 2px 0;text-align:left;vertical-align:top;white-space:nowrap}"
    ".wechatpay-view .facts td{white-space:normal}"
    ".wechatpay-view th.number,.wechatpay-view td.number{text-align:right}"
    ".wechatpay-view .leaf,.wechatpay-view details details{margin-left:1.2em}"
    ".wechatpay-view summary{cursor:pointer}"
    ".wechatpay-view .leaf,.wechatpay-view summary,.wechatpay-view pre{"
    "font-family:ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;"
    "overflow-wrap:anywhere}"
    ".wechatpay-view .name,.wechatpay-view .heading{font-weight:600}"
    ".wechatpay-view .aside{opacity:.75}"
    ".wechatpay-view .encrypted,.wechatpay-view .secret{font-style:italic}"
    ".wechatpay-view .warning{font-weight:600;text-decoration:underline}"
)


def page(view: View) -> str:
    """Return a view as one HTML fragment.

    Args:
        view: the view of an object.
    """
    badges = [element("span", badge.shown.text, class_=_badge(badge)) for badge in view.badges]
    head = element("div", _line(view.title), *badges, class_="head")
    parts = [_part(part) for part in view.parts]
    return element("div", element("style", STYLE), head, *parts, class_="wechatpay-view")


def _badge(badge: Span) -> str:
    return f"badge {badge.style}"


def _part(part: Part) -> Markup:
    if isinstance(part, Facts):
        rows = (
            element("tr", element("th", name), element("td", _line(line)))
            for name, line in part.rows
        )
        return element("table", joined(rows), class_="facts")
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Branch):
        return _tree(part, 0)
    if isinstance(part, Heading):
        return element("div", _line(part.line))
    return _code(part)


def _code(code: Code) -> Markup:
    return element("pre", code.source)


def _table(table: Table) -> Markup:
    names = (element("th", column.name, class_=column.kind) for column in table.columns)
    rows = (
        element(
            "tr",
            joined(
                element("td", _line(cell), class_=column.kind)
                for column, cell in zip(table.columns, row, strict=True)
            ),
        )
        for row in table.rows
    )
    head = element("thead", element("tr", joined(names)))
    return element("table", head, element("tbody", joined(rows)))


def _tree(branch: Branch, depth: int) -> Markup:
    if not branch.branches:
        return element("div", _line(branch.line), class_="leaf")
    below = (_tree(each, depth + 1) for each in branch.branches)
    summary = element("summary", _line(branch.line))
    return element("details", summary, joined(below), open=depth < OPEN)


def _line(line: Line) -> Markup:
    return joined(
        element("span", text(span.text, LONGEST), class_=span.style or None) for span in line
    )
