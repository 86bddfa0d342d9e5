"""Converts JSON schemas to Python type annotations, with objects as TypedDicts."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Annotations", "pascal", "quoted"]

Schema = Mapping[str, Any]

SENT = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
SENT_AS_TEXT = {
    "string": "str",
    "integer": "int | str",
    "number": "float | str",
    "boolean": "bool | str",
}
RECEIVED = {"string": "str", "integer": "int", "number": "Any", "boolean": "bool"}
RECEIVED_AS_TEXT = dict.fromkeys(SENT, "str")


def pascal(text: str) -> str:
    """Convert `face-collections` to `FaceCollections`; invalid characters are removed."""
    return "".join(word[:1].upper() + word[1:] for word in re.split("[^A-Za-z0-9]+", text))


def quoted(text: str) -> str:
    """Return a string literal with double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Annotations:
    """The annotations of one direction, and the classes they require.

    Args:
        scalars: the annotation of each simple type.
        strict: whether the types are for requests, which are checked strictly. Responses may
            contain unlisted values, and may lack members that are not required.
    """

    def __init__(self, scalars: Mapping[str, str], *, strict: bool) -> None:
        self._scalars = scalars
        self._strict = strict
        self.classes: dict[str, list[str]] = {}

    def of(self, schema: Schema, name: str) -> str:
        """Return the annotation of a value.

        Args:
            schema: its JSON schema.
            name: the name of the class created for an object.
        """
        if "anyOf" in schema and "properties" not in schema:
            kinds = (self.of(each, f"{name}{i or ''}") for i, each in enumerate(schema["anyOf"]))
            return " | ".join(dict.fromkeys(kinds))
        if schema.get("type") == "array":
            return f"list[{self.of(schema['items'], name)}]"
        if schema.get("type") == "object":
            return self._object(schema, name)
        return self._scalar(schema)

    def at_run_time(self) -> Iterator[str]:
        """Yield the lines of the classes for the importable module, inner classes first.

        Validation libraries do not support `Sensitive`, which is not plain data; the type is text
        instead.
        """
        for lines in reversed(self.classes.values()):
            yield from (line.replace(" | Sensitive", "") for line in lines)

    def _scalar(self, schema: Schema) -> str:
        if schema.get("type") not in self._scalars:
            return "Any"
        if not self._strict:
            return self._scalars[schema["type"]]
        values = schema.get("enum", [schema["const"]] if "const" in schema else ())
        kind = self._scalars[schema["type"]]
        if values and all(isinstance(value, str | int) for value in values):
            literal = ", ".join(quoted(v) if isinstance(v, str) else repr(v) for v in values)
            as_text = [quoted(str(v)) for v in values if not isinstance(v, str)]
            kind = f"Literal[{', '.join([literal, *as_text]) if ' | str' in kind else literal}]"
        if schema.get("x-wechatpay-encrypted") == "RSAES-OAEP":
            kind += " | Sensitive"
        return kind

    def _object(self, schema: Schema, name: str) -> str:
        properties = schema.get("properties", {})
        if not properties or (self._strict and "patternProperties" in schema):
            return "Mapping[str, Any]" if self._strict else "dict[str, Any]"
        name = self._reserve(name)
        required = schema.get("required", ())
        members = {
            member: (self.of(inner, f"{name}{pascal(member)}"), member in required)
            for member, inner in properties.items()
        }
        self.classes[name] = _typed_dict(name, members)
        return name

    def _reserve(self, name: str) -> str:
        """Return an unused class name: `a_b` with `c`, and `a` with `b_c`, give the same one."""
        number, free = 1, name
        while free in self.classes:
            number += 1
            free = f"{name}{number}"
        self.classes[free] = []
        return free


def _typed_dict(name: str, members: Mapping[str, tuple[str, bool]]) -> list[str]:
    if any(not member.isidentifier() or keyword.iskeyword(member) for member in members):
        items = ", ".join(
            f"{quoted(member)}: {_required(kind, required)}"
            for member, (kind, required) in members.items()
        )
        return [f"{name} = TypedDict({quoted(name)}, {{{items}}}, total=False)"]
    return [
        f"class {name}(TypedDict, total=False):",
        *(
            f"    {member}: {_required(kind, required)}"
            for member, (kind, required) in members.items()
        ),
    ]


def _required(kind: str, required: bool) -> str:
    return f"Required[{kind}]" if required else kind
