"""What Sphinx loads: it puts the guides right, adds the catalogue's pages, and the search.

The pages of the catalogue (over a thousand) are made without docutils, and stand in no toctree: a
theme writes the whole toctree into every page. So they cost seconds, and their folder no file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment import BuildEnvironment
from sphinx.environment.adapters.toctree import TocTree
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from . import docstrings, documents, guides, llms, search
from .markup import Html
from .names import FOLDER
from .pages import pages
from .product_page import notification_index, product_index
from .renderer import Renderer

__all__ = ["setup"]

SEARCH = "search"
SEARCH_DATA = "search-data.js"
ENGLISH = tuple(
    f"{FOLDER}/{name}"
    for name in ("overview", "catalogue", "changelog", "security", "contributing")
)
"""The pages among the Chinese ones that are not."""

Collected = Iterator[tuple[str, dict[str, Any], str]]


class Catalogued(SphinxDirective):
    """A list of the catalogue, on a page that has it as `{catalogued} products`."""

    required_arguments = 1
    lists: dict[str, Callable[[], Html]] = {  # noqa: RUF012 - docutils makes the instances
        "products": product_index,
        "notifications": notification_index,
    }

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return [nodes.raw("", self.lists[self.arguments[0]](), format="html")]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Sphinx's entry point."""
    app.add_directive("catalogued", Catalogued)
    app.connect("builder-inited", _without_sphinx_search)
    app.connect("source-read", _read)
    app.connect("autodoc-process-docstring", docstrings.process, priority=400)
    app.connect("html-collect-pages", _collect)
    app.connect("html-page-context", _fill, priority=400)
    app.connect("html-page-context", _with_contents, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _without_sphinx_search(app: Sphinx) -> None:
    """Its index is not made, for `search` has the site's own; see there."""
    if isinstance(app.builder, StandaloneHTMLBuilder):
        app.builder.search = False


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0], included = guides.completed(docname, source[0])
    for path in included:
        app.env.note_dependency(str(path))


def _collect(app: Sphinx) -> Collected:
    """Sphinx's event for pages that come from no document."""
    builder = app.builder
    assert isinstance(builder, StandaloneHTMLBuilder)
    titles = {docname: title.astext() for docname, title in app.env.titles.items()}
    for page in pages(Renderer(builder.highlighter.highlight_block, titles)):
        yield page.docname, page.context(), "page.html"
    script = search.script(documents.sections(app.env), documents.names(app.env))
    Path(builder.outdir, SEARCH_DATA).write_text(script, "utf-8")
    source = Path(app.srcdir)
    Path(builder.outdir, "llms.txt").write_text(llms.listed(source), "utf-8")
    Path(builder.outdir, "llms-full.txt").write_text(llms.full(source), "utf-8")
    version = hashlib.sha256(script.encode()).hexdigest()[:8]
    yield SEARCH, {"title": "搜索 Search", "data": f"{SEARCH_DATA}?v={version}"}, "search.html"


def _fill(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Says the page's language, and gives generated pages the navigation of their list."""
    chinese = pagename.startswith(("zh/", f"{FOLDER}/")) and pagename not in ENGLISH
    context["language"] = "zh-CN" if chinese else "en"
    if _is_generated(app, pagename):
        notification = pagename.startswith(f"{FOLDER}/notification-")
        parent = f"{FOLDER}/{'notifications' if notification else 'index'}"
        context["toctree"] = partial(_navigation, app.builder, app.env, parent)


def _with_contents(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Shows a generated page's contents, which the theme takes for empty."""
    if _is_generated(app, pagename):
        context["furo_hide_toc"] = not context["toc"]


def _is_generated(app: Sphinx, pagename: str) -> bool:
    return pagename.startswith(f"{FOLDER}/") and pagename not in app.env.found_docs


def _navigation(builder: Builder, env: BuildEnvironment, parent: str, **_: Any) -> str:
    """Stands for the theme's `toctree`, whose options are always the same."""
    assert isinstance(builder, StandaloneHTMLBuilder)
    return _navigation_of(builder, env, parent)


@cache
def _navigation_of(builder: StandaloneHTMLBuilder, env: BuildEnvironment, parent: str) -> str:
    """The navigation as the list above a generated page has it, with a link to that list.

    It is the same for all of them, since all lie in the list's own folder.
    """
    tree = TocTree(env).get_toctree_for(
        parent, builder, collapse=False, includehidden=True, maxdepth=-1, titles_only=True
    )
    fragment = str(builder.render_partial(tree)["fragment"])
    return fragment.replace('href="#"', f'href="{parent.rpartition("/")[2]}.html"')
