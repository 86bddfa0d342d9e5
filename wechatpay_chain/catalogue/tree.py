"""The tree of paths: the names that can follow a chain's path."""

from __future__ import annotations

from typing import NamedTuple

from ..chain.segments import attribute
from .documents import products
from .registry import operations, product_of, starting_with

__all__ = ["Node", "node", "paths"]


class Node(NamedTuple):
    """The names at one place of the tree; empty if the catalogue does not have it.

    Attributes:
        attributes: the next segments, as attributes.
        verbs: the verbs that end a chain here.
    """

    attributes: tuple[str, ...]
    verbs: tuple[str, ...]


def node(path: str) -> Node:
    """Return the names that can follow a path.

    Args:
        path: the path of a chain, with variables or values for them; "" is the root.
    """
    product = product_of(path)
    if product is None:
        return Node(_above(path.strip("/").lower()), ())
    segments = path.lstrip("/").split("/")
    attributes, verbs = set(), set()
    for operation in starting_with(product, segments):
        if len(operation.attributes) > len(segments):
            attributes.add(operation.attributes[len(segments)])
        else:
            verbs.add(operation.verb)
    return Node(tuple(sorted(attributes)), tuple(sorted(verbs)))


def _above(path: str) -> tuple[str, ...]:
    """Return the two levels above the documents, which follow from their names."""
    if path == "":
        return ("v2", "v3")
    names = (name.partition("/")[2] for name in products() if name.startswith(f"{path}/"))
    return tuple(sorted(filter(None, map(attribute, names))))


def paths(below: str = "") -> tuple[str, ...]:
    """Return the paths of all operations, as written in a chain.

    Args:
        below: return only the rest of the paths that begin with this one.
    """
    prefix = f"{below.strip('/')}/" if below.strip("/") else ""
    product = product_of(below)
    found = {operation.path for operation in operations(product) if operation.path != prefix}
    return tuple(sorted(path[len(prefix) :] for path in found if path.startswith(prefix)))
