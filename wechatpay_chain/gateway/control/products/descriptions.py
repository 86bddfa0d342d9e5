"""Descriptions of a product's controls for the control API, the command line and the console."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from ....utils.display import represented
from ....utils.translation import _
from .product import Product

__all__ = ["Control", "controls_of"]

TYPES: dict[Any, tuple[str, tuple[type, ...]]] = {
    str: ("string", (str,)),
    int: ("integer", (int,)),
    bool: ("boolean", (bool,)),
    float: ("number", (int, float)),
    list[str]: ("array", (list,)),
    list[dict[str, Any]]: ("array", (list,)),
    dict[str, Any]: ("object", (dict,)),
}
"""The argument types of controls, with their names in JSON Schema and types in parsed JSON."""


@dataclass(frozen=True, slots=True)
class Control:
    """The description of a control.

    Attributes:
        name: the name of the method.
        title: the first sentence of its docstring.
        key: the name of its first argument, which identifies a record; empty for a merchant's
            control.
        parameters: its other parameters.
        types: the types of the arguments, by name.
        when: the states of a record that permit the control; empty for all.
        kinds: the kinds of its records; empty for a merchant's control.
    """

    name: str
    title: str
    key: str
    parameters: tuple[inspect.Parameter, ...]
    types: Mapping[str, Any]
    when: frozenset[str]
    kinds: tuple[str, ...]

    def check(self, given: Mapping[str, Any]) -> None:
        """Reject invalid arguments of the control.

        Args:
            given: arguments by name, from JSON, without the key.

        Raises:
            ValueError: an argument is unknown, missing, or has a wrong type.
        """
        known = {each.name: each for each in self.parameters}
        for name, value in given.items():
            if name not in known:
                raise ValueError(
                    _(
                        "{name}: {control} has no such argument; it takes {arguments}",
                        name=name[:80],
                        control=self.name,
                        arguments=", ".join(known) or _("none"),
                    )
                )
            if not _fits(self.types[name], value):
                expected = TYPES[self.types[name]][0]
                raise ValueError(
                    _(
                        "{name} {value}: expected type {type}",
                        name=name,
                        value=represented(value),
                        type=expected,
                    )
                )
        for each in self.parameters:
            if each.default is each.empty and each.name not in given:
                raise ValueError(
                    _(
                        "{name} is missing: {control} requires it",
                        name=each.name,
                        control=self.name,
                    )
                )

    def as_json(self) -> dict[str, Any]:
        """Return the description of the control as JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "key": self.key,
            "when": sorted(self.when),
            "kinds": list(self.kinds),
            "parameters": [
                {
                    "name": each.name,
                    "type": TYPES[self.types[each.name]][0],
                    "required": each.default is each.empty,
                    **({} if each.default is each.empty else {"default": each.default}),
                }
                for each in self.parameters
            ],
        }


def _fits(annotation: Any, value: Any) -> bool:
    expected = TYPES[annotation][1]
    return isinstance(value, expected) and (bool in expected or not isinstance(value, bool))


def controls_of(product: type[Product]) -> dict[str, Control]:
    """Return the controls of a product by name."""
    found = {}
    for name, method in inspect.getmembers(product, inspect.isfunction):
        if hasattr(method, "_control"):
            kinds, keyed, when, parameters = method._control
            kinds = (kinds or (product.kind,)) if keyed else ()
            title = inspect.getdoc(method) or ""
            key = parameters[0].name if keyed else ""
            hints = get_type_hints(inspect.unwrap(method))
            rest = parameters[1:] if keyed else parameters
            types = {each.name: hints[each.name] for each in rest}
            found[name] = Control(name, title.split("\n")[0], key, rest, types, when, kinds)
    return found
