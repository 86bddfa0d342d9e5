"""What Sphinx loads: it puts the guides right, adds the catalogue's pages, and the search.

The pages of the catalogue (over a thousand) are made without docutils, and stand in no toctree: a
theme writes the whole toctree into every page. So they cost seconds, and their folder no file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.environment.adapters.toctree import TocTree
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from . import docstrings, documents, guides, llms, search, theme
from .labels import CHINESE, ENGLISH, labels
from .markup import Html
from .names import FOLDER
from .pages import pages
from .product_page import notification_index, product_index
from .renderer import Renderer

__all__ = ["setup"]

SEARCH = "search"
SEARCH_DATA = "search-data.js"
SCRIPTED = ("copy", "copied", "retired", "notification_of")
"""Labels that scripts need, besides those of the search."""
OTHER = {ENGLISH: "zh-CN", CHINESE: "en"}
"""How HTML calls the other language."""

Collected = Iterator[tuple[str, dict[str, Any], str]]


class Catalogued(SphinxDirective):
    """A list of the catalogue, on a page that has it as `{catalogued} products`."""

    required_arguments = 1
    lists: dict[str, Callable[[Renderer], Html]] = {  # noqa: RUF012 - docutils makes the instances
        "products": product_index,
        "notifications": notification_index,
    }

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        renderer = Renderer(_language(self.config), lambda code, _: code, {})
        return [nodes.raw("", self.lists[self.arguments[0]](renderer), format="html")]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Sphinx's entry point."""
    app.add_directive("catalogued", Catalogued)
    app.connect("builder-inited", _prepare)
    app.connect("autodoc-process-docstring", docstrings.process, priority=400)
    app.connect("html-collect-pages", _collect)
    app.connect("html-page-context", _fill, priority=400)
    app.connect("html-page-context", _with_contents, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _language(config: Config) -> str:
    """The language of the tree that is built."""
    return CHINESE if config.language == "zh_CN" else ENGLISH


def _prepare(app: Sphinx) -> None:
    """Gives templates their filter; Sphinx's index is not made, for `search` has the site's own."""
    if isinstance(app.builder, StandaloneHTMLBuilder):
        app.builder.search = False
        filters = app.builder.templates.environment.filters
        filters["framed"] = theme.words(_language(app.config))


def _collect(app: Sphinx) -> Collected:
    """Sphinx's event for pages that come from no document."""
    builder = app.builder
    assert isinstance(builder, StandaloneHTMLBuilder)
    language = _language(app.config)
    titles = {docname: title.astext() for docname, title in app.env.titles.items()}
    for page in pages(Renderer(language, builder.highlighter.highlight_block, titles)):
        yield page.docname, page.context(), "page.html"
    script = search.script(documents.sections(app.env), documents.names(app.env))
    Path(builder.outdir, SEARCH_DATA).write_text(script, "utf-8")
    if language == ENGLISH:
        Path(builder.outdir, "llms.txt").write_text(llms.listed(guides.DOCS), "utf-8")
        Path(builder.outdir, "llms-full.txt").write_text(llms.full(guides.DOCS), "utf-8")
    version = hashlib.sha256(script.encode()).hexdigest()[:8]
    data = f"{SEARCH_DATA}?v={version}"
    yield SEARCH, {"title": labels(language)["search"], "data": data}, "search.html"


def _fill(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Gives templates labels and the page's twin; generated pages, their list's navigation."""
    language = _language(app.config)
    said = labels(language)
    context["said"] = {**said, "other_code": OTHER[language]}
    context["twin"] = theme.twin(pagename, language)
    context["english_only"] = language == CHINESE and guides.is_english(pagename)
    context["script_labels"] = _script_labels(language)
    if _is_generated(app, pagename):
        notification = pagename.startswith(f"{FOLDER}/notification-")
        parent = f"{FOLDER}/{'notifications' if notification else 'index'}"
        context["toctree"] = partial(_navigation, app.builder, app.env, parent)


@cache
def _script_labels(language: str) -> str:
    said = labels(language)
    wanted = {key: said[key] for key in said if key in SCRIPTED or key.startswith("search")}
    return json.dumps(wanted, ensure_ascii=False)


def _with_contents(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Shows a generated page's contents, which the theme takes for empty; marks English titles."""
    if _is_generated(app, pagename):
        context["furo_hide_toc"] = not context["toc"]
    if context["english_only"]:
        context["toc"] = context["toc"].replace("<ul>", '<ul lang="en">', 1)
    for key in ("prev", "next") if _language(app.config) == CHINESE else ():
        there = context.get(key)
        if there and there["title"].isascii():
            context[key] = {**there, "title": f'<span lang="en">{there["title"]}</span>'}


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
