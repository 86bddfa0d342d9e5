"""The three forms in which something shows itself, as text that a test can look into."""

from __future__ import annotations

import html.parser
import io

import pytest
from IPython.lib.pretty import pretty

__all__ = ["FORMS", "html_text", "plain", "rich_text"]

TAGS = frozenset(
    {"div", "span", "style", "pre", "details", "summary"}
    | {"table", "thead", "tbody", "tr", "th", "td"}
)
ATTRIBUTES = {"class", "open"}


def plain(thing):
    """What IPython's terminal shows."""
    return pretty(thing)


def rich_text(thing, width=200):
    """What rich draws."""
    from rich.console import Console

    console = Console(width=width, record=True, file=io.StringIO(), force_terminal=True)
    console.print(thing)
    return console.export_text()


class Checked(html.parser.HTMLParser):
    """HTML that is read strictly: every element is one of ours, and is closed."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.texts = []

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS
        assert {name for name, _ in attributes} <= ATTRIBUTES
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)


def html_text(thing):
    """The text of the HTML, which is checked on the way."""
    page = thing._repr_html_()
    assert "://" not in page.partition("</style>")[0]
    checked = Checked()
    checked.feed(page)
    checked.close()
    assert checked.open == []
    return "".join(checked.texts)


FORMS = pytest.mark.parametrize(
    "form", [plain, html_text, rich_text], ids=["plain", "html", "rich"]
)
