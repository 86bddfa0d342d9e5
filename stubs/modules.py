"""One stub module for each product: a class for each place of its tree, with the verbs there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from annotations import (
    RECEIVED,
    RECEIVED_AS_TEXT,
    SENT,
    SENT_AS_TEXT,
    Annotations,
    pascal,
)
from docstrings import docstring

__all__ = ["Product"]

Schema = Mapping[str, Any]

HEAD = """\
from collections.abc import Mapping
from typing import Any, Literal, Required, TypedDict, Unpack, overload

from wechatpay_chain.messages.response import Response
from wechatpay_chain.messages.sensitive import Sensitive
from wechatpay_chain.typed.base import JSONResponse, Node, Options, Untyped, XMLResponse
"""
VERBS = ("get", "post", "put", "patch", "delete")


class Place:
    """A place in the tree: what follows, and what ends there."""

    def __init__(self) -> None:
        self.below: dict[str, Place] = {}
        self.verbs: dict[str, list[str]] = {}


class Product:
    """The stub of one product.

    Args:
        name: such as `v3/pay`.
        document: its OpenAPI document.

    Attributes:
        name: the product.
        class_name: of the class at its root.
        attribute: how the protocol's class calls it.
    """

    def __init__(self, name: str, document: Schema) -> None:
        self.name = name
        self._protocol, _, rest = name.partition("/")
        self.class_name = pascal(rest)
        as_text = self._protocol == "v2"
        self._query = Annotations(SENT_AS_TEXT, strict=True)
        self._sent = Annotations(SENT_AS_TEXT if as_text else SENT, strict=True)
        self._received = Annotations(RECEIVED_AS_TEXT if as_text else RECEIVED, strict=False)
        self._root = Place()
        self.attribute = ""
        for path, item in document["paths"].items():
            for verb, spec in item.items():
                self._add(verb, f"v2{path}" if as_text else path.lstrip("/"), spec)

    def _add(self, verb: str, path: str, spec: Schema) -> None:
        _, self.attribute, *attributes, _ = spec["x-wechatpay-chain"].split(".")
        place = self._root
        for attribute in attributes:
            place = place.below.setdefault(attribute, Place())
        class_name = self.class_name + "".join(map(pascal, attributes)) + verb.capitalize()
        place.verbs[verb] = self._verb(verb, path, spec, class_name)

    def _verb(self, verb: str, path: str, spec: Schema, name: str) -> list[str]:
        """Both forms of a verb: with a mapping, untyped; by keyword, untyped and typed.

        A checker reports what is wrong with the last form that fits, so that is the typed one.
        """
        response = self._response(spec, f"{name}Response")
        title, *rest = docstring(verb.upper(), path, spec)
        doc = [f'"""{title}', *rest, '"""']
        loose, tight = self._parameters(spec, name)
        shapes = [
            "self, options: Mapping[str, Any], /, **more: Any",
            *([f"self, *, {loose}, **more: Unpack[Options]"] if loose != tight else []),
            f"self, *, {tight}, **more: Unpack[Options]",
        ]
        lines = []
        for prefix, suffix in (("def", ""), ("async def", "_async")):
            first, *others = (f"{prefix} {verb}{suffix}({shape}) -> {response}" for shape in shapes)
            lines += [
                "    @overload",
                f"    {first}:",
                *(f"        {line}".rstrip() for line in doc),
            ]
            for other in others:
                lines += ["    @overload", f"    {other}: ..."]
        return lines

    def _parameters(self, spec: Schema, name: str) -> tuple[str, str]:
        """What is given by keyword: with bodies that may be untyped, and with typed ones only."""
        given = {
            each["name"]: ("str | int", True)
            for each in spec.get("parameters", ())
            if each["in"] == "path"
        }
        for constant in self._constants(spec):
            given[constant] = ("str", constant != "empty")
        query = self._query_type(spec, name)
        bodies = {"query": query, **self._bodies(spec, name)}
        plain = [_parameter(key, kind, needed) for key, (kind, needed) in given.items()]
        tight = [_parameter(key, kind, needed) for key, (kind, needed) in bodies.items()]
        loose = [
            _parameter(key, kind if kind == "Any" else _untyped(kind, needed), needed)
            for key, (kind, needed) in bodies.items()
        ]
        return ", ".join(plain + loose), ", ".join(plain + tight)

    def _constants(self, spec: Schema) -> Iterator[str]:
        known = {each["name"] for each in spec.get("parameters", ()) if each["in"] == "path"}
        for attribute in spec["x-wechatpay-chain"].split("."):
            if attribute.startswith("_") and attribute[1:-1] not in known:
                yield attribute[1:-1]

    def _query_type(self, spec: Schema, name: str) -> tuple[str, bool]:
        parameters = [each for each in spec.get("parameters", ()) if each["in"] == "query"]
        if not parameters:
            return "Any", False
        required = [each["name"] for each in parameters if each.get("required")]
        properties = {each["name"]: each.get("schema", {"type": "string"}) for each in parameters}
        schema = {"type": "object", "required": required, "properties": properties}
        return self._query.of(schema, f"{name}Query"), bool(required)

    def _bodies(self, spec: Schema, name: str) -> dict[str, tuple[str, bool]]:
        option = "xml" if self._protocol == "v2" else "json"
        body = spec.get("requestBody", {})
        for kind, content in body.get("content", {}).items():
            if kind in ("application/json", "text/xml"):
                annotation = self._sent.of(content["schema"], f"{name}{option.upper()}")
                return {option: (annotation, body.get("required", False))}
        return {option: ("Any", False)}

    def _response(self, spec: Schema, name: str) -> str:
        for kind, content in spec["responses"].get("200", {}).get("content", {}).items():
            if kind in ("application/json", "text/xml"):
                generic = "JSONResponse" if kind == "application/json" else "XMLResponse"
                return f"{generic}[{self._received.of(content['schema'], name)}]"
        return "Response"

    def text(self) -> str:
        """The module."""
        lines = [HEAD]
        for direction in (self._query, self._sent, self._received):
            for body in direction.classes.values():
                lines += body
        lines += _classes(self._root, self.class_name, set())
        return "\n".join(lines) + "\n"


def _parameter(name: str, kind: str, required: bool) -> str:
    return f"{name}: {kind}" if required else f"{name}: {kind} = ..."


def _untyped(kind: str, required: bool) -> str:
    return f"{kind} | Untyped" if required else f"{kind} | Untyped | None"


def _classes(place: Place, name: str, taken: set[str]) -> Iterator[str]:
    """The classes of a place and of all below it, the innermost first."""
    taken.add(name)
    members = {}
    for attribute, inner in place.below.items():
        members[attribute] = _free(name + pascal(attribute), taken)
        yield from _classes(inner, members[attribute], taken)
    yield f"class {name}(Node):"
    for attribute, class_name in members.items():
        yield f"    {attribute}: {class_name}"
    for verb in VERBS:
        yield from place.verbs.get(verb, ())


def _free(name: str, taken: set[str]) -> str:
    """A class name that no other place has: `id` and `_id_` may be neighbours."""
    while name in taken:
        name += "_"
    return name
