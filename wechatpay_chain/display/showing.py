"""The display interface of objects for notebooks, IPython's terminal and rich.

A class decorated with `showing` has a method `_view_` that returns a `View`. This module derives
three forms from it: HTML, plain text, and renderables for rich. `repr` and `str` stay unchanged, so
logs do not contain any of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from .view import View

__all__ = ["showing"]

T = TypeVar("T")


class Viewed(Protocol):
    """An object with a view."""

    def _view_(self) -> View: ...


def showing(shown: type[T]) -> type[T]:
    """Class decorator that makes the instances displayable.

    Args:
        shown: a class with `_view_`.
    """
    for name, method in METHODS.items():
        setattr(shown, name, method)
    return shown


def _html(thing: Viewed) -> str:
    """Return the HTML for Jupyter."""
    from .html import page

    return page(thing._view_())


def _pretty(thing: Viewed, printer: Any, cycle: bool) -> None:
    """Print the view in IPython's terminal; within a list or a dict, print the `repr`.

    Hypothesis calls a method with the same name, and prints examples to be copied.
    """
    is_prompt = type(printer).__module__.startswith("IPython.")
    if cycle or not is_prompt or len(printer.stack) > 1:
        printer.text(repr(thing))
        return
    from .plain import lines

    for number, line in enumerate(lines(thing._view_())):
        if number:
            printer.break_()
        printer.text(line)


def _rich(thing: Viewed, console: Any, options: Any) -> Iterator[Any]:
    """Yield the renderables for rich."""
    from .terminal import renderables

    return renderables(thing._view_())


METHODS = {"_repr_html_": _html, "_repr_pretty_": _pretty, "__rich_console__": _rich}
