"""The paths of the catalogue as a tree of segments, for display or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import catalogue
from ...catalogue import Operation
from ...catalogue.registry import product_of, starting_with
from ...display.layout import Branch, Column, Line, Span, Table, text
from ...utils.translation import _
from ..failure import Failure
from ..wording import counted
from .describe import path_line, title_line
from .json_records import in_short
from .similarity import nearest_names

__all__ = ["PathTree", "grow"]

SOME = 2
"""Number of operations shown for a product without an official name."""

MANY = 12
"""Maximum number of neighbours in a message."""


class PathTree:
    """A node in the tree of paths.

    Attributes:
        path: the joined segments of the node; "" for the root.
        operations: the operations with this path.
        children: nodes by next segment.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.operations: list[Operation] = []
        self.children: dict[str, PathTree] = {}

    def add(self, operation: Operation) -> None:
        """Take an operation in, at its place."""
        place = self
        depth = len(self.path.split("/")) if self.path else 0
        for segment in operation.segments[depth:]:
            path = f"{place.path}/{segment}" if place.path else segment
            place = place.children.setdefault(segment, PathTree(path))
        place.operations.append(operation)

    @property
    def segments_to_products(self) -> int:
        """The number of segments down to the products; 0 at and below them."""
        return {"": 2, "v2": 1, "v3": 1}.get(self.path, 0)

    def everything(self) -> Iterator[Operation]:
        """Yield the operations here and below."""
        yield from self.operations
        for _ignored, child in sorted(self.children.items()):
            yield from child.everything()

    def record(self, depth: int | None) -> dict[str, Any]:
        """It as JSON has it.

        Args:
            depth: the number of segments below it; None means all.
        """
        below = None if depth is None else depth - 1
        children = [] if depth == 0 else sorted(self.children.items())
        return {
            "path": self.path,
            "count": sum(1 for _ignored in self.everything()),
            "operations": [in_short(operation) for operation in self.operations],
            "children": [child.record(below) for _ignored, child in children],
        }

    def branch(self, depth: int | None) -> Branch:
        """It as a tree to be drawn, from its whole path on.

        Args:
            depth: the number of segments to draw below it; None means all.
        """
        name = path_line(self.path) if self.path else text("WeChat Pay")
        return self._branch(name, depth, tell_count=True)

    def _branch(self, name: Line, depth: int | None, *, tell_count: bool) -> Branch:
        line = [*(Span(span.text, span.style.replace("path", "name")) for span in name)]
        for operation in self.operations:
            line += [Span(f"  {operation.method} ", operation.verb), *title_line(operation)]
        cut = depth == 0 and self.children
        number = sum(1 for _ignored in self.everything()) - len(self.operations)
        if number and (tell_count or cut):
            line.append(
                Span(f"  {f'{number} more' if self.operations else counted(number)}", "count")
            )
        below = None if depth is None else depth - 1
        children = [] if cut else sorted(self.children.items())
        return Branch(
            tuple(line),
            tuple(
                child._branch(path_line(segment or "/"), below, tell_count=False)
                for segment, child in children
            ),
        )

    def products(self) -> Table:
        """Return the products below, with their content."""
        places = [self]
        for _ignored in range(self.segments_to_products):
            places = [
                child for place in places for _ignored, child in sorted(place.children.items())
            ]
        rows = []
        for place in places:
            held = list(place.everything())
            rows.append((text(place.path, "name"), text(str(len(held))), _held(place.path, held)))
        columns = (
            *(Column(_("product")), Column(_("operations"), "number")),
            Column(_("contents")),
        )
        return Table(columns, tuple(rows))


def _held(product: str, operations: list[Operation]) -> Line:
    """Return the official names in a product, or some of its operations if it has none."""
    tags = dict.fromkeys(tag for each in operations for tag in each.tags if tag != product)
    if tags:
        return text(", ".join(tags))
    titles = list(dict.fromkeys(each.title for each in operations))
    more = ", …" if len(titles) > SOME else ""
    return text(f"{', '.join(titles[:SOME])}{more}", "aside")


def grow(path: str, typed: str) -> PathTree:
    """Return the tree from a path on.

    Args:
        path: the beginning of paths, with variables or values for them; "" is the root.
        typed: the argument, for the message.

    Raises:
        Failure: nothing is there.
    """
    found = list(_operations(path))
    if not found:
        raise _nothing(path, typed)
    depth = len(path.split("/")) if path else 0
    beginnings = {"/".join(operation.segments[:depth]) for operation in found}
    root = PathTree(beginnings.pop() if len(beginnings) == 1 else path)
    for operation in found:
        root.add(operation)
    return root


def _operations(path: str) -> list[Operation]:
    """Return the operations at and below a path; literal matches hide the others."""
    if path.lower() in ("", "v2", "v3"):
        return [each for each in catalogue.operations() if each.path.startswith(path.lower())]
    product = product_of(path)
    if product is None:
        return []
    fitting = list(starting_with(product, path.split("/")))
    literal = [each for each in fitting if f"{each.path}/".startswith(f"{path}/")]
    return literal or fitting


def _nothing(path: str, typed: str) -> Failure:
    """Says how far the path is known, and what there is from there."""
    message = _("no path begins with {typed}", typed=typed)
    segments = path.split("/")
    known = len(segments) - 1
    while known > 1 and not _operations("/".join(segments[:known])):
        known -= 1
    if known < 2:
        products = catalogue.products()
        near = nearest_names(path, products) or nearest_names(segments[-1], products)
        hints = [_("Did you mean {near}?", near=", ".join(near))] if near else []
        return Failure(message, [*hints, _("To list the products: wechatpay-chain ops tree")])
    above = "/".join(segments[:known])
    names = sorted(grow(above, above).children)
    if not names:
        return Failure(
            message, [_("{above} is an operation without further paths below it.", above=above)]
        )
    near = nearest_names(segments[known], names)
    if near:
        return Failure(
            message, [_("Did you mean {near}?", near=", ".join(f"{above}/{each}" for each in near))]
        )
    more = ", …" if len(names) > MANY else ""
    return Failure(
        message,
        [
            _(
                "Below {above}: {names}{more}",
                above=above,
                names=", ".join(names[:MANY]),
                more=more,
            )
        ],
    )
