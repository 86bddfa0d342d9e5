"""How a notebook, IPython's terminal and rich ask an object for what they show.

A class that `showing` decorates has `_view_`, which makes a `View` of it. The three forms of it are
made here: HTML, plain text, and what rich draws. `repr` and `str` are not touched, so nothing of
this is in a log.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from .view import View

__all__ = ["showing"]

T = TypeVar("T")


class Viewed(Protocol):
    """Something that can be shown."""

    def _view_(self) -> View: ...


def showing(shown: type[T]) -> type[T]:
    """A class decorator: its objects show themselves.

    Args:
        shown: has `_view_`.
    """
    for name, method in METHODS.items():
        setattr(shown, name, method)
    return shown


def _html(thing: Viewed) -> str:
    """What Jupyter shows."""
    from .html import page

    return page(thing._view_())


def _pretty(thing: Viewed, printer: Any, cycle: bool) -> None:
    """What IPython's terminal shows; within a list or a dict, the `repr`.

    Hypothesis asks by the same name, and prints examples to be copied.
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
    """What rich draws."""
    from .terminal import renderables

    return renderables(thing._view_())


METHODS = {"_repr_html_": _html, "_repr_pretty_": _pretty, "__rich_console__": _rich}
