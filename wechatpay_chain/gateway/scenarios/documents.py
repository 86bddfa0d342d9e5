"""A scenario as plain values, with the line of each value in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...utils.display import printable, represented
from ...utils.translation import _

__all__ = ["Builder", "Document", "Place", "ScenarioError", "place_name"]

Place = tuple[str | int, ...]
"""The place of a value: names of members and indexes of items, outermost first."""

DEEPEST, MOST = 32, 1_000_000
"""Maximum nesting depth, and maximum number of values of a file."""


class ScenarioError(ValueError):
    """Raised if a scenario cannot be read or loaded.

    Attributes:
        name: name of the file; empty if the scenario is not a file.
        line: line in the file, counted from 1; None if unknown.
        where: position in the scenario, such as `orders[0].total`.
        problem: description of the error.
    """

    def __init__(
        self, problem: str, name: str = "", line: int | None = None, where: str = ""
    ) -> None:
        origin = f"{name}:{line}" if name and line else name
        super().__init__(printable(": ".join(filter(None, (origin, where, problem))), 1000))
        self.name, self.line, self.where, self.problem = name, line, where, problem


def place_name(place: Place) -> str:
    """Format a place: `orders[0].total`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True)
class Document:
    """A parsed scenario.

    Attributes:
        value: the content.
        lines: the lines of the values by place.
        name: the name of the file for errors.
    """

    value: Any
    lines: Mapping[Place, int] = field(default_factory=dict)
    name: str = ""

    def error(self, place: Place, problem: str) -> ScenarioError:
        """Return an error for a place; its line is that of the nearest enclosing value."""
        line, found = None, place
        while line is None:
            line = self.lines.get(found)
            if not found:
                break
            found = found[:-1]
        return ScenarioError(problem, self.name, line, place_name(place))


class Builder:
    """Builds a document from the events of a parser, without recursion.

    Args:
        name: the name of the file for errors.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[tuple[Any, Place]] = []
        self._keys: list[str | None] = []
        self._lines: dict[Place, int] = {}
        self._value: Any = None

    def add(self, value: Any, line: int) -> Place:
        """Add a value, or the key of the next value, and return its place.

        Raises:
            ScenarioError: a key is no text or is repeated, or there are too many values.
        """
        if len(self._lines) >= MOST:
            raise ScenarioError(_("more than {most} values", most=MOST), self._name, line)
        if not self._open:
            self._value = value
            return self._note((), line)
        container, place = self._open[-1]
        if isinstance(container, list):
            container.append(value)
            return self._note((*place, len(container) - 1), line)
        key = self._keys[-1]
        if key is None:
            key = self._new_key(container, value, line)
            self._keys[-1] = key
            return self._note((*place, key), line)
        container[key] = value
        self._keys[-1] = None
        return (*place, key)  # its line is that of the key

    def open(self, container: Any, line: int) -> None:
        """Begin a list or an object.

        Raises:
            ScenarioError: it is nested too deeply.
        """
        if len(self._open) >= DEEPEST:
            raise ScenarioError(
                _("more than {deepest} levels are nested", deepest=DEEPEST), self._name, line
            )
        place = self.add(container, line)
        self._open.append((container, place))
        self._keys.append(None)

    def close(self) -> None:
        """End the innermost list or object."""
        self._open.pop()
        self._keys.pop()

    def document(self) -> Document:
        """Return the parsed document."""
        return Document(self._value, self._lines, self._name)

    def _note(self, place: Place, line: int) -> Place:
        self._lines.setdefault(place, line)
        return place

    def _new_key(self, container: dict[str, Any], key: Any, line: int) -> str:
        if not isinstance(key, str):
            shown = represented(key)
            raise ScenarioError(
                _("{shown}: a field name must be text", shown=shown), self._name, line
            )
        if key in container:
            raise ScenarioError(
                _("{represented} occurs twice", represented=represented(key)), self._name, line
            )
        return key
