"""Docstrings for verbs in an editor: title, product, parameters, and response."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["docstring"]

Schema = Mapping[str, Any]


def docstring(method: str, path: str, spec: Schema) -> list[str]:
    """Return the lines of a docstring, without its quotes.

    Args:
        method: upper-case HTTP method.
        path: the path, as written in a chain.
        spec: the OpenAPI Operation Object.
    """
    retired = " (retired)" if spec.get("deprecated") else ""
    lines = [f"{spec['summary']}{retired}", "", f"{method} {path}", f"{'、'.join(spec['tags'])}"]
    for where, heading in (("path", "Path"), ("query", "query="), ("header", "headers=")):
        parameters = [each for each in spec.get("parameters", ()) if each["in"] == where]
        if parameters:
            lines += ["", f"{heading}:"]
            lines += [
                _line(
                    each["name"],
                    each.get("required", False),
                    f"{each.get('description', '')}{_limits(each.get('schema', {}))}",
                )
                for each in parameters
            ]
    for content, heading in _contents(spec):
        lines += ["", f"{heading}:", *_members(content)]
    errors = spec.get("x-wechatpay-errors", {})
    if errors:
        lines += ["", "Errors:", *(f"    {status} {code}" for code, status in errors.items())]
    return [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines]


def _contents(spec: Schema) -> Iterator[tuple[Schema, str]]:
    options = {"application/json": "json=", "text/xml": "xml=", "multipart/form-data": "media="}
    for kind, content in spec.get("requestBody", {}).get("content", {}).items():
        yield content["schema"], options[kind]
    for content in spec["responses"].get("200", {}).get("content", {}).values():
        if "properties" in content.get("schema", {}):
            yield content["schema"], "Returns"


def _members(schema: Schema) -> list[str]:
    required = schema.get("required", ())
    return [
        _line(name, name in required, f"{inner.get('title', '')}{_limits(inner)}")
        for name, inner in schema.get("properties", {}).items()
    ]


def _line(name: str, required: bool, title: str) -> str:
    return f"    {name}{'*' if required else ''}  {title}".rstrip()


def _limits(schema: Schema) -> str:
    """Return `  [6..32 characters]`; empty for a value without a limit."""
    ranges = (
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
    )
    found = [
        f"{schema.get(lower, '')}..{schema.get(upper, '')}{unit}"
        for lower, upper, unit in ranges
        if lower in schema or upper in schema
    ]
    found += [schema[key] for key in ("format", "pattern") if key in schema]
    return f"  [{', '.join(found)}]" if found else ""
