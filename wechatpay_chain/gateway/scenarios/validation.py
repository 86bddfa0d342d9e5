"""Validates a scenario against `schema.json`, with the subset of JSON Schema that it uses.

Source: https://json-schema.org/draft/2020-12/json-schema-validation
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from ...utils.display import represented
from ...utils.translation import N_, _
from .documents import Document, Place

__all__ = ["KEYWORDS", "check", "schema"]

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
LIMITS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (lambda value, limit: value >= limit, N_("expected at least {limit}")),
    "maximum": (lambda value, limit: value <= limit, N_("expected at most {limit}")),
    "minLength": (
        lambda value, limit: len(value) >= limit,
        N_("expected at least {limit} characters"),
    ),
    "maxLength": (
        lambda value, limit: len(value) <= limit,
        N_("expected at most {limit} characters"),
    ),
    "minItems": (lambda value, limit: len(value) >= limit, N_("expected at least {limit} items")),
    "maxItems": (lambda value, limit: len(value) <= limit, N_("expected at most {limit} items")),
}
"""Keywords that compare a value of the right type with a limit."""
KEYWORDS = {
    *("$ref", "type", "const", "enum", "pattern", "items", "properties", "required"),
    *("additionalProperties", *LIMITS),
}
"""The supported keywords, without annotations."""

Schema = Mapping[str, Any]


@cache
def schema() -> Schema:
    """Return the schema of scenarios."""
    text = resources.files(__package__).joinpath("schema.json").read_text("utf-8")
    found: Schema = json.loads(text)
    return found


def check(document: Document) -> None:
    """Reject an invalid scenario.

    Raises:
        ScenarioError: the scenario is invalid; the error contains the first wrong position.
    """
    _check(document, schema(), document.value, ())


def _check(document: Document, rule: Schema, value: Any, place: Place) -> None:
    if "$ref" in rule:
        name = rule["$ref"].removeprefix("#/$defs/")
        rule = schema()["$defs"][name]
    problem = _problem(rule, value)
    if problem:
        raise document.error(place, f"{represented(value)}: {problem}")
    if isinstance(value, dict):
        _check_members(document, rule, value, place)
    elif isinstance(value, list) and "items" in rule:
        for index, item in enumerate(value):
            _check(document, rule["items"], item, (*place, index))


def _problem(rule: Schema, value: Any) -> str:
    """Return the error of a value; empty if it is valid."""
    kind = rule.get("type")
    if kind is not None:
        fits = isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
        if not fits:
            if kind == "string" and isinstance(value, int | float):
                return _("expected type {type}; put it in quotes", type=kind)
            return _("expected type {type}", type=kind)
    if "const" in rule and value != rule["const"]:
        return _("expected {value}", value=represented(rule["const"]))
    if "enum" in rule and value not in rule["enum"]:
        expected = ", ".join(map(str, rule["enum"]))
        return _(
            "expected one of {expected}{meant}",
            expected=expected,
            meant=_meant(value, rule["enum"]),
        )
    if "pattern" in rule and not re.search(rule["pattern"], value):
        return str(rule.get("description", _("it must match {pattern}", pattern=rule["pattern"])))
    for name, (holds, words) in LIMITS.items():
        if name in rule and not holds(value, rule[name]):
            return _(words, limit=rule[name])
    return ""


def _check_members(document: Document, rule: Schema, value: dict[str, Any], place: Place) -> None:
    known = rule.get("properties", {})
    for name, member in value.items():
        here = (*place, name)
        if name in known:
            _check(document, known[name], member, here)
        elif rule.get("additionalProperties", True) is False:
            expected = _meant(name, known) or _("; the fields are {names}", names=", ".join(known))
            raise document.error(here, _("the field does not exist{expected}", expected=expected))
    for name in rule.get("required", ()):
        if name not in value:
            raise document.error(place, _("{name} is missing", name=name))


def _meant(value: Any, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(value), list(known), n=1)
    return _("; did you mean {near}?", near=near[0]) if near else ""
