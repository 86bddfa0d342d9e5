"""Writes a reconciliation as one HTML file without scripts or requests, with all content escaped.

The file is opened from an email or a shared disk, and contains text typed by customers. Its content
security policy allows only the embedded style sheet, by its digest.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
from collections.abc import Iterator
from importlib import resources
from typing import Any

from ...display.markup import Markup, element, joined, text
from . import pictures
from .amounts import yuan
from .cells import shown, used
from .markup import both
from .view import Balance, Card, Report, Row
from .words import CLASSES, COLUMNS, DIFFERENCES, FIELDS, STATUSES, Words

__all__ = ["MOST", "html"]

MOST = 1000
"""Maximum rows of a class on the page; browsers are slow with many more."""


@functools.cache
def _style() -> str:
    return resources.files(__package__).joinpath("page.css").read_text("utf-8")


def html(report: Report) -> Iterator[str]:
    """Yield the page in pieces."""
    yield "<!DOCTYPE html>\n"
    yield '<html lang="zh-CN">\n'
    yield f"{_head(report)}\n<body>\n"
    yield _choice()
    yield f"{_header(report)}\n<main>\n"
    yield _verdict(report)
    yield _cards(report.cards)
    yield _pictures(report)
    if report.balance is not None:
        yield _balance(report.balance)
    for kind in DIFFERENCES:
        if report.counts.get(kind):
            yield _class(kind, report)
    if report.changes and report.changes.get("solved"):
        yield _solved(report)
    yield f"\n</main>\n{_footer(report)}\n</body>\n</html>\n"


def _head(report: Report) -> Markup:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", f"微信支付对账 {report.day} {report.merchant}"),
        element("style", Markup(style)),
    )


def _choice() -> Markup:
    return joined(
        element(
            "input",
            type="radio",
            name="language",
            id=f"choose-{language}",
            class_="choice",
            checked=language == "zh",
        )
        for language in ("zh", "en")
    )


def _header(report: Report) -> Markup:
    switch = element(
        "div",
        element("label", Markup("中文"), for_="choose-zh", lang="zh"),
        element("label", Markup("English"), for_="choose-en", lang="en-US"),
        class_="switch",
    )
    title = Words(f"微信支付对账 {report.day}", f"WeChat Pay reconciliation, {report.day}")
    merchant = Words(f"商户号 {report.merchant}", f"Merchant {report.merchant}")
    return element(
        "header",
        element("div", element("h1", both(title)), element("p", both(merchant))),
        switch,
    )


def _verdict(report: Report) -> Markup:
    matched = report.counts.get("matched", 0)
    many = report.differences
    if many:
        verdict = Words(f"{many:,} 处差异", f"{many:,} difference{'' if many == 1 else 's'}")
    else:
        verdict = Words("全部一致", "Everything agrees")
    parts = [
        element("strong", both(verdict)),
        both(Words(f"一致 {matched:,} 笔", f"{matched:,} matched")),
    ]
    if report.changes is not None:
        parts += [
            both(Words(f"{STATUSES[each].zh} {count:,}", f"{count:,} {STATUSES[each].en.lower()}"))
            for each in STATUSES
            for count in [report.changes.get(each, 0)]
        ]
    if report.balance is not None and not report.balance.explained:
        parts.append(both(Words("资金账单未能核平", "The fund flow is not explained")))
    good = not many and (report.balance is None or report.balance.explained)
    return element("div", *parts, class_=f"verdict {'good' if good else 'bad'}")


def _cards(cards: tuple[Card, ...]) -> Markup:
    return element("dl", *map(_card, cards), class_="cards")


def _card(card: Card) -> Markup:
    amount = element("dd", _money(card.amount), class_="amount")
    parts = [element("dt", both(card.name)), amount]
    if card.count is not None:
        count = Words(f"{card.count:,} 笔", f"{card.count:,} transactions")
        parts.append(element("dd", both(count), class_="count"))
    return element("div", *parts, class_="fault" if card.difference and card.amount else None)


def _money(fen: Any) -> Markup:
    minus = "−" if fen < 0 else ""
    return joined([minus, element("span", "¥", class_="sign"), yuan(abs(fen))])


def _pictures(report: Report) -> Markup:
    parts = []
    if report.hours:
        legend = element(
            "p",
            element("span", element("i", class_="paid"), both(Words("支付", "Paid"))),
            element("span", element("i", class_="refunded"), both(Words("退款", "Refunded"))),
            class_="legend",
        )
        title = Words("每小时金额（元）", "Amounts by hour (yuan)")
        parts.append(_section(title, legend, pictures.by_hour(report.hours)))
    title = Words("各类差异", "Differences by class")
    parts.append(_section(title, pictures.by_class(report.counts)))
    return element("div", *parts, class_="pictures")


def _section(title: Words, *content: object, **attributes: object) -> Markup:
    return element("section", element("h2", both(title)), *content, **attributes)


def _balance(balance: Balance) -> Markup:
    rows = []
    for step in balance.steps:
        count = "" if step.count is None else f"{step.count:,}"
        classes = [name for name in ("total", "fault") if getattr(step, name)]
        rows.append(
            element(
                "tr",
                element("th", both(step.name), scope="row"),
                element("td", count, class_="number"),
                element("td", yuan(step.amount), class_="number"),
                class_=" ".join(classes) or None,
            )
        )
    head = element(
        "tr",
        element("th", both(Words("项目", "Item")), scope="col"),
        element("th", both(Words("笔数", "Count")), scope="col", class_="number"),
        element("th", both(COLUMNS["amount"]), scope="col", class_="number"),
    )
    verdict = (
        Words(
            "账户余额的变化与交易账单逐分核对一致。",
            "The trade bill explains the change of the balance, to the fen.",
        )
        if balance.explained
        else Words(
            "账户余额的变化与交易账单不一致，见标红的行。",
            "The trade bill does not explain the change of the balance; see the lines in red.",
        )
    )
    table = element("table", element("thead", head), element("tbody", *rows), class_="balance")
    title = Words("资金账单与余额", "Fund flow and balance")
    parts = [both(verdict, "p", class_="note"), _scrolling(title, table)]
    if balance.unexplained:
        name = Words("无法解释的支付与退款", "Payments and refunds that are not explained")
        parts += [
            element("h3", both(name)),
            _scrolling(name, _unexplained(balance)),
            _rest(len(balance.unexplained), min(len(balance.unexplained), MOST)),
        ]
    return _section(title, *parts)


def _unexplained(balance: Balance) -> Markup:
    names = (
        Words("微信支付业务单号", "Number"),
        Words("交易账单（元）", "Trade bill (yuan)"),
        Words("资金账单（元）", "Fund flow (yuan)"),
    )
    head = [
        element("th", both(name), scope="col", class_="number" if place else None)
        for place, name in enumerate(names)
    ]
    body = [
        element(
            "tr",
            element("td", number, class_="code"),
            *(element("td", yuan(fen), class_="number") for fen in sides),
        )
        for number, *sides in balance.unexplained[:MOST]
    ]
    return element("table", element("thead", element("tr", *head)), element("tbody", *body))


def _class(kind: str, report: Report) -> Markup:
    entry, many = CLASSES[kind], report.counts[kind]
    rows = list(itertools.islice(report.rows(kind), MOST))
    advice = element(
        "dl",
        element("dt", both(Words("含义", "Meaning"))),
        both(entry.meaning, "dd"),
        element("dt", both(Words("处理", "What to do"))),
        both(entry.action, "dd"),
        class_="advice",
    )
    return element(
        "section",
        _title(entry.name, many),
        advice,
        _scrolling(entry.name, _table(rows, report)),
        _rest(many, len(rows)),
        id=kind,
        class_="class",
    )


def _title(name: Words, many: int) -> Markup:
    count = Words(f"{many:,} 笔", f"{many:,} in all")
    return element("div", element("h2", both(name)), both(count, class_="sum"), class_="title")


def _rest(many: int, written: int) -> Markup:
    if written >= many:
        return Markup()
    words = Words(
        f"本页只列出前 {written:,} 笔，共 {many:,} 笔。全部明细用 result.to_excel() 或 "
        "result.differences 导出。",
        f"This page has the first {written:,} of {many:,}. All of them are in result.differences, "
        "and in the workbook that result.to_excel() writes.",
    )
    return both(words, "p", class_="note")


def _solved(report: Report) -> Markup:
    many = report.changes["solved"] if report.changes else 0
    rows = list(itertools.islice(report.solved(), MOST))
    name = Words("上次的差异，现已解决", "Differences of the last run that are solved")
    table = _table(rows, report, with_kind=True)
    return element(
        "section",
        _title(name, many),
        _scrolling(name, table),
        _rest(many, len(rows)),
        id="solved",
        class_="class",
    )


def _table(rows: list[Row], report: Report, *, with_kind: bool = False) -> Markup:
    columns = used(rows, report, with_kind=with_kind)
    head = [
        element("th", both(COLUMNS[name]), scope="col", class_=_kind_of(name)) for name in columns
    ]
    body = [
        element("tr", *(element("td", _cell(row, name), class_=_kind_of(name)) for name in columns))
        for row in rows
    ]
    return element("table", element("thead", element("tr", *head)), element("tbody", *body))


def _cell(row: Row, column: str) -> Markup:
    value = row.get(column)
    if column == "status" and value in STATUSES:
        return both(STATUSES[value], class_=f"badge {value}")
    if column == "kind" and value in CLASSES:
        return both(CLASSES[value].name)
    if column == "field" and value in FIELDS:
        return both(FIELDS[value])
    return text(shown(row, column))


def _kind_of(column: str) -> str | None:
    if column in {"amount", "line"}:
        return "number"
    return None if column in {"kind", "field", "status"} else "code"


def _scrolling(name: Words, table: Markup) -> Markup:
    label = f"{name.zh} {name.en}"
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)


def _footer(report: Report) -> Markup:
    made = "" if report.made is None else f"{report.made:%Y-%m-%d %H:%M:%S %z}"
    words = Words(
        f"金额单位为元；账单由微信支付提供，日期和时间为北京时间。生成于 {made}",
        f"Amounts are in yuan; days and times are those of Beijing. Written {made}",
    )
    return element("footer", both(words, "p"))
