"""Renders the parts of a generated page: highlighted code, headings, links to the guides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .markup import Html, element, join
from .names import FOLDER

__all__ = ["Crumb", "Link", "Page", "Renderer", "breadcrumb", "contents", "heading", "method"]


class Link(NamedTuple):
    """A page to go on to.

    Attributes:
        title: of the page.
        url: relative to the folder of the generated pages.
    """

    title: str
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


class Renderer(NamedTuple):
    """Renders what depends on the site.

    Attributes:
        highlight: code and its language, to markup.
        titles: the titles of the other pages by their names, such as `zh/keys`.
    """

    highlight: Callable[[str, str], str]
    titles: Mapping[str, str]

    def code(self, source: str, language: str = "python") -> Html:
        """A block of code."""
        return Html(self.highlight(source.rstrip("\n"), language))

    def guide(self, name: str) -> Html:
        """Links to a guide in both languages; nothing where there is no such guide."""
        found = [docname for docname in (f"zh/{name}", name) if docname in self.titles]
        links = (element("a", self.titles[each], href=f"../{each}.html") for each in found)
        return join(links, " · ")


class Crumb(NamedTuple):
    """A step of the way from the top to a page.

    Attributes:
        title: of the page above.
        url: where it is.
    """

    title: str
    url: str


def breadcrumb(*crumbs: Crumb) -> Html:
    """The way back."""
    items = (element("li", element("a", crumb.title, href=crumb.url)) for crumb in crumbs)
    steps = element("ol", *items)
    return element("nav", steps, class_="wx-breadcrumb", aria_label="Breadcrumb")


def heading(level: int, title: str, ident: str) -> Html:
    """A heading with a link to itself."""
    link = element("a", "#", class_="headerlink", href=f"#{ident}", title="Link to this heading")
    return element(f"h{level}", title, link, id=ident)


def contents(title: str, entries: Iterable[tuple[str, str]]) -> Html:
    """The list of a page's headings, as the theme expects it.

    Args:
        title: of the page; the theme hides it.
        entries: title and id of each heading.
    """
    inner = element("ul", *(element("li", _to(name, ident)) for name, ident in entries))
    return element("ul", element("li", _to(title, ""), inner))


def _to(title: str, ident: str) -> Html:
    return element("a", title, class_="reference internal", href=f"#{ident}")


def method(name: str) -> Html:
    """An HTTP method as a badge."""
    return element("span", name, class_=f"wx-method wx-{name.lower()}")
