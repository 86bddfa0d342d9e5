"""One stub module per product: a class for each place of its tree, with the verbs there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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

__all__ = ["Place", "Product"]

Schema = Mapping[str, Any]

HEAD = """\
from collections.abc import Mapping
from typing import Any, Literal, Required, TypedDict, Unpack, overload

from wechatpay_chain.messages.response import Response
from wechatpay_chain.messages.sensitive import Sensitive
from wechatpay_chain.typed.base import (
    Fields, JSONResponse, Node, OfAnyValues, Options, Texts, XMLResponse
)
"""
RUN_TIME = """\
from collections.abc import Mapping
from typing import Any, Literal, Required

from wechatpay_chain.typed.base import TypedDict
"""
MOST = 8
"""Maximum number of operations in an editor's description of a segment."""
VERBS = ("get", "post", "put", "patch", "delete")


class Place:
    """A place in the tree: the segments that follow, and the verbs that end there.

    Attributes:
        below: the places of the segments that follow, by attribute.
        verbs: the lines of each verb that ends there.
        titles: the titles of its operations and of those below it.
        path: its path, or empty without operations.
        class_name: its class in the stub.
    """

    def __init__(self) -> None:
        self.below: dict[str, Place] = {}
        self.verbs: dict[str, list[str]] = {}
        self.titles: dict[str, str] = {}
        self.path = ""
        self.class_name = ""


@dataclass(frozen=True)
class Body:
    """The value of `query`, `json` or `xml`.

    Attributes:
        kind: its annotation.
        required: whether a call requires it.
        variable: the annotation of a variable with another type, or empty.
    """

    kind: str
    required: bool
    variable: str = ""

    @property
    def loose(self) -> Body:
        """The same, or a mapping of any values."""
        none = "" if self.required else " | None"
        return replace(self, kind=f"{self.kind} | OfAnyValues{none}")

    @property
    def of_variable(self) -> Body:
        """The same as a variable; the other forms allow for its absence."""
        return Body(self.variable, required=True)


class Product:
    """The stub of one product.

    Args:
        name: such as `v3/pay`.
        document: its OpenAPI document.

    Attributes:
        name: the product.
        protocol: `v2` or `v3`.
        class_name: the class at its root.
        attribute: its name in the protocol's class.
    """

    def __init__(self, name: str, document: Schema) -> None:
        self.name = name
        self.protocol, _, rest = name.partition("/")
        self.class_name = pascal(rest)
        as_text = self.protocol == "v2"
        self._query = Annotations(SENT_AS_TEXT, strict=True)
        self._sent = Annotations(SENT_AS_TEXT if as_text else SENT, strict=True)
        self._received = Annotations(RECEIVED_AS_TEXT if as_text else RECEIVED, strict=False)
        self._directions = (self._query, self._sent, self._received)
        self._root = Place()
        self.attribute = ""
        for path, item in document["paths"].items():
            for verb, spec in item.items():
                self._add(verb, f"v2{path}" if as_text else path.lstrip("/"), spec)

    def _add(self, verb: str, path: str, spec: Schema) -> None:
        _, self.attribute, *attributes, _ = spec["x-wechatpay-chain"].split(".")
        place = self._root
        for attribute in attributes:
            place.titles[f"{verb.upper()} {path}"] = spec["summary"]
            place = place.below.setdefault(attribute, Place())
        place.titles[f"{verb.upper()} {path}"] = spec["summary"]
        if not list(self._constants(spec)):  # a string contains them, and a keyword passes them
            place.path = path
        class_name = self.class_name + "".join(map(pascal, attributes)) + verb.capitalize()
        place.verbs[verb] = self._verb(verb, path, spec, class_name)

    def _verb(self, verb: str, path: str, spec: Schema, name: str) -> list[str]:
        """Return both forms of a verb: with keywords (first in editors) and with a mapping."""
        response = self._response(spec, f"{name}Response")
        title, *rest = docstring(verb.upper(), path, spec)
        doc = [f'"""{title}', *rest, '"""']
        typed, *others = (
            f"self, *, {parameters}, **more: Unpack[Options]"
            for parameters in self._parameters(spec, name)
        )
        shapes = [typed, "self, options: Mapping[str, Any], /, **more: Any", *others]
        lines = []
        for prefix, suffix in (("def", ""), ("async def", "_async")):
            first, *more = (f"{prefix} {verb}{suffix}({shape}) -> {response}" for shape in shapes)
            lines += [
                "    @overload",
                f"    {first}:",
                *(f"        {line}".rstrip() for line in doc),
            ]
            for other in more:
                lines += ["    @overload", f"    {other}: ..."]
        return lines

    def _parameters(self, spec: Schema, name: str) -> Iterator[str]:
        """Yield the keyword parameters of each form.

        Mypy only explains errors in a literal if a TypedDict is its only possible type, so a
        mapping of any values is a type variable. Both checkers report the errors of the last form,
        so that one has only the TypedDicts. The forms in between accept a variable, for one body
        each: in a union with its TypedDict, a type for variables would also accept literals.
        """
        plain = [
            _parameter(each["name"], "str | int", required=True)
            for each in spec.get("parameters", ())
            if each["in"] == "path"
        ]
        plain += [
            _parameter(constant, "str", required=constant != "empty")
            for constant in self._constants(spec)
        ]
        bodies = {"query": self._query_type(spec, name), **self._bodies(spec, name)}
        typed = {key: body for key, body in bodies.items() if body.variable}
        loose = {key: body.loose if body.variable else body for key, body in bodies.items()}
        forms = [loose]
        forms += [{**loose, key: body.of_variable} for key, body in typed.items()]
        forms += [bodies] if typed else []
        for form in forms:
            given = [_parameter(key, body.kind, body.required) for key, body in form.items()]
            yield ", ".join(plain + given)

    def _constants(self, spec: Schema) -> Iterator[str]:
        known = {each["name"] for each in spec.get("parameters", ()) if each["in"] == "path"}
        for attribute in spec["x-wechatpay-chain"].split("."):
            if attribute.startswith("_") and attribute[1:-1] not in known:
                yield attribute[1:-1]

    def _query_type(self, spec: Schema, name: str) -> Body:
        parameters = [each for each in spec.get("parameters", ()) if each["in"] == "query"]
        if not parameters:
            return Body("Any", required=False)
        required = [each["name"] for each in parameters if each.get("required")]
        properties = {each["name"]: each.get("schema", {"type": "string"}) for each in parameters}
        schema = {"type": "object", "required": required, "properties": properties}
        kind = self._query.of(schema, f"{name}Query")
        return Body(kind, bool(required), _variable(schema))

    def _bodies(self, spec: Schema, name: str) -> dict[str, Body]:
        option = "xml" if self.protocol == "v2" else "json"
        body = spec.get("requestBody", {})
        for media_type, content in body.get("content", {}).items():
            if media_type in ("application/json", "text/xml"):
                schema = content["schema"]
                kind = self._sent.of(schema, f"{name}{option.upper()}")
                return {option: Body(kind, body.get("required", False), _variable(schema))}
        return {option: Body("Any", required=False)}

    def _response(self, spec: Schema, name: str) -> str:
        for kind, content in spec["responses"].get("200", {}).get("content", {}).items():
            if kind in ("application/json", "text/xml"):
                generic = "JSONResponse" if kind == "application/json" else "XMLResponse"
                return f"{generic}[{self._received.of(content['schema'], name)}]"
        return "Response"

    def text(self) -> str:
        """Return the stub."""
        lines = [HEAD]
        for direction in self._directions:
            for body in direction.classes.values():
                lines += body
        lines += _classes(self._root, self.class_name, set())
        return "\n".join(lines) + "\n"

    def places(self) -> Iterator[Place]:
        """Yield each place with operations; call it after `text`, which names the classes."""
        waiting = [self._root]
        for place in waiting:
            waiting += place.below.values()
            if place.path:
                yield place

    @property
    def module(self) -> str:
        """Its module; for `v3/global` it is `global_`, because a keyword cannot be imported."""
        snake = self.name.partition("/")[2].replace("-", "_")
        return self.attribute if self.attribute.endswith("_") else snake

    @property
    def title(self) -> str:
        """A docstring with the operations of the product."""
        return _title(self._root)

    def at_run_time(self) -> str:
        """Return the importable module: the types of requests and responses, without the chain."""
        lines = [line for each in self._directions for line in each.at_run_time()]
        return "\n".join(
            [f'"""{self.name}: what is sent and received."""', "", RUN_TIME, *lines, ""]
        )


def _variable(schema: Schema) -> str:
    """Return the type of a variable that may contain such an object, without named members."""
    kinds = {member.get("type") for member in schema.get("properties", {}).values()}
    return "Texts" if kinds == {"string"} else "Fields"


def _parameter(name: str, kind: str, required: bool) -> str:
    return f"{name}: {kind}" if required else f"{name}: {kind} = ..."


def _classes(place: Place, name: str, taken: set[str]) -> Iterator[str]:
    """Yield the classes of a place and of all below it, the innermost first."""
    taken.add(name)
    place.class_name = name
    members = {}
    for attribute, inner in place.below.items():
        members[attribute] = _free(name + pascal(attribute), taken)
        yield from _classes(inner, members[attribute], taken)
    yield f"class {name}(Node):"
    for attribute, class_name in members.items():
        yield f"    {attribute}: {class_name}"
        yield f"    {_title(place.below[attribute])}"
    for verb in VERBS:
        yield from place.verbs.get(verb, ())


def _title(place: Place) -> str:
    """Return an editor's description of a segment: the operations below it."""
    titles = [f"{title}: {operation}" for operation, title in place.titles.items()]
    more = len(titles) - MOST
    lines = [*titles[:MOST], *([f"… {more} more"] if more > 0 else [])]
    text = "\n\n    ".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}"""'


def _free(name: str, taken: set[str]) -> str:
    """Return an unused class name: `id` and `_id_` may be at the same level."""
    while name in taken:
        name += "_"
    return name
