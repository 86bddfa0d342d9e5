"""Renders the parts of a generated page: highlighted code, headings, links to the guides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from .labels import CHINESE, labels
from .markup import Html, coded, element, join
from .names import FOLDER

__all__ = ["Crumb", "Link", "Page", "Renderer", "method"]

HAN = re.compile(r"[\u4e00-\u9fff]")


class Link(NamedTuple):
    """A page to go on to.

    Attributes:
        title: of the page, as markup.
        url: relative to the folder of the generated pages.
    """

    title: Html
    url: str


class Page(NamedTuple):
    """A generated page.

    Attributes:
        name: of its file, without the folder and `.html`.
        title: plain text.
        body: its content, the title included.
        toc: what stands on it, with links.
        previous: the page before it.
        following: the page after it.
    """

    name: str
    title: str
    body: Html
    toc: Html = Html()
    previous: Link | None = None
    following: Link | None = None

    @property
    def docname(self) -> str:
        """Its name among all pages of the site."""
        return f"{FOLDER}/{self.name}"

    def context(self) -> dict[str, Any]:
        """What the theme's template is filled with."""
        return {
            "title": self.title,
            "body": self.body,
            "toc": self.toc,
            "prev": self.previous and {"title": self.previous.title, "link": self.previous.url},
            "next": self.following and {"title": self.following.title, "link": self.following.url},
            "meta": {},
        }


class Renderer:
    """Renders what depends on the site and on its language.

    Attributes:
        language: `en` or `zh`.
        labels: what the site says in it.
        titles: the titles of the guides by their names, such as `keys`.
    """

    def __init__(
        self, language: str, highlight: Callable[[str, str], str], titles: Mapping[str, str]
    ) -> None:
        self.language = language
        self.labels = labels(language)
        self.titles = titles
        self._highlight = highlight

    def say(self, key: str, **values: object) -> str:
        """A label as plain text, with its values filled in."""
        return self.labels[key].format(**values) if values else self.labels[key]

    def said(self, key: str) -> Html:
        """A label as markup, with `code` in it."""
        return coded(self.labels[key])

    def both(self, pair: tuple[str, str]) -> str:
        """Of a Chinese and an English text, the one in this language."""
        return pair[0 if self.language == CHINESE else 1]

    def code(self, source: str, language: str = "python") -> Html:
        """A block of code."""
        return Html(self._highlight(source.rstrip("\n"), language))

    def guide(self, name: str) -> Html:
        """Links to a guide; nothing where there is no such guide."""
        if name not in self.titles:
            return Html()
        return element("a", self.titles[name], href=f"../{name}.html")

    def breadcrumb(self, *crumbs: Crumb) -> Html:
        """The way back."""
        items = (
            element("li", element("a", crumb.title, href=crumb.url, lang=self.chinese(crumb.title)))
            for crumb in crumbs
        )
        steps = element("ol", *items)
        return element("nav", steps, class_="wx-breadcrumb", aria_label=self.say("breadcrumb"))

    def heading(self, level: int, title: str, ident: str) -> Html:
        """A heading with a link to itself."""
        link = element(
            "a", "#", class_="headerlink", href=f"#{ident}", title=self.say("heading_link")
        )
        return element(f"h{level}", self.official(title), link, id=ident)

    def headings(self, *keys: str) -> list[tuple[str, str]]:
        """Headings that are labels: title and id of each, the id being the label's key."""
        return [(self.say(key), key) for key in keys]

    def contents(self, title: str, entries: Iterable[tuple[str, str]]) -> Html:
        """The list of a page's headings, as the theme expects it.

        Args:
            title: of the page; the theme hides it.
            entries: title and id of each heading.
        """
        inner = element("ul", *(element("li", self._to(name, ident)) for name, ident in entries))
        return element("ul", element("li", self._to(title, ""), inner))

    def _to(self, title: str, ident: str) -> Html:
        return element("a", self.official(title), class_="reference internal", href=f"#{ident}")

    def link(self, title: str, url: str) -> Link:
        """A page to go on to."""
        return Link(self.official(title), url)

    def chinese(self, text: str) -> str | None:
        """The language to mark official Chinese with, on a page in another language."""
        return "zh-CN" if self.language != CHINESE and HAN.search(text) else None

    def official(self, text: str) -> Html:
        """A name that WeChat Pay gives, marked as Chinese where the page is not."""
        language = self.chinese(text)
        return element("span", text, lang=language) if language else join([text])

    @cached_property
    def required(self) -> Html:
        """The mark of what must be sent."""
        return element("span", self.say("required"), class_="wx-required")

    @cached_property
    def returned(self) -> Html:
        """The same, as WeChat Pay's documentation says it of what comes back."""
        return element("span", self.say("required"), class_="wx-returned")


class Crumb(NamedTuple):
    """A step of the way from the top to a page.

    Attributes:
        title: of the page above.
        url: where it is.
    """

    title: str
    url: str


def method(name: str) -> Html:
    """An HTTP method as a badge."""
    return element("span", name, class_=f"wx-method wx-{name.lower()}")
