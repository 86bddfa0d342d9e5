"""What the search is told of the pages that are documents: guides and Python reference."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.environment import BuildEnvironment

__all__ = ["names", "sections"]

SILENT = (nodes.section, nodes.raw, nodes.comment, nodes.title, addnodes.toctree, addnodes.index)


def sections(environment: BuildEnvironment) -> Iterator[list[str]]:
    """The sections of all documents: page, title, address, text.

    Args:
        environment: after everything was read.
    """
    for docname in sorted(environment.found_docs):
        doctree = environment.get_doctree(docname)
        page = environment.titles[docname].astext()
        for number, section in enumerate(doctree.findall(nodes.section)):
            heading = section.next_node(nodes.title)
            title = heading.astext() if heading is not None else page
            fragment = f"#{section['ids'][0]}" if number and section["ids"] else ""
            yield [page, title if number else "", f"{docname}.html{fragment}", _text(section)]


def _text(section: nodes.section) -> str:
    texts = (each.astext() for each in section.children if not isinstance(each, SILENT))
    return re.sub(r"\s+", " ", " ".join(texts)).strip()


def names(environment: BuildEnvironment) -> Iterator[list[str]]:
    """The classes, functions and so on of the Python reference: name, kind, address.

    Args:
        environment: after everything was read.
    """
    for name, _, kind, docname, anchor, _ in environment.domains.python_domain.get_objects():
        if kind != "module":
            yield [name, kind, f"{docname}.html#{anchor}"]
