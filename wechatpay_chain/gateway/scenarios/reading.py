"""Reads a scenario from a YAML or JSON file.

YAML uses the core schema of YAML 1.2: `no` and `on` are text, `0123` is 123, a date is text. Tags,
anchors and aliases are rejected, so a file contains only data and cannot expand.

Source: https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ...utils.files import why_not
from ...utils.translation import _
from ..messages.nesting import check_json
from .documents import Builder, Document, ScenarioError

__all__ = ["read"]

LARGEST = 16 * 1024 * 1024
"""Maximum size of a file in bytes."""
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}\n]|[^\s\[\]{}:,"]+')
CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


def read(path: str | Path) -> Document:
    """Read a scenario.

    Args:
        path: path of the file: JSON for the suffix `.json`, otherwise YAML.

    Raises:
        ScenarioError: the file cannot be read, or is invalid.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ScenarioError(
            _("it is not valid UTF-8 at byte {start}", start=error.start), str(path)
        ) from None
    except (OSError, ValueError) as error:
        raise ScenarioError(
            _("it cannot be read: {why_not}", why_not=why_not(error)), str(path)
        ) from error
    if len(content) > LARGEST:
        raise ScenarioError(_("it has more than {largest} bytes", largest=LARGEST), str(path))
    return (_json if path.suffix.lower() == ".json" else _yaml)(text, str(path))


def _json(text: str, name: str) -> Document:
    try:
        check_json(text)
        json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ScenarioError(error.msg, name, error.lineno) from None
    except (ValueError, RecursionError) as error:
        raise ScenarioError(str(error), name) from None
    builder, line = Builder(name), 1
    for found in TOKEN.findall(text):
        if found == "\n":
            line += 1
        elif found in "[{":
            builder.open([] if found == "[" else {}, line)
        elif found in "]}":
            builder.close()
        else:
            builder.add(json.loads(found), line)
    return builder.document()


def _no_number(name: str) -> None:
    raise ValueError(_("{name} is not a JSON number", name=name))


def _yaml(text: str, name: str) -> Document:
    try:
        import yaml
    except ImportError:
        message = _(
            "PyYAML is needed to read YAML; install wechatpay-chain[cli], or write the scenario as "
            "JSON"
        )
        raise ScenarioError(message, name) from None
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    builder, documents = Builder(name), 0
    try:
        for event in yaml.parse(text, Loader=loader):
            line = 1 if event.start_mark is None else event.start_mark.line + 1
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise ScenarioError(_("a second document begins; expected only one"), name, line)
            if isinstance(event, yaml.NodeEvent):
                _assert_plain(event, name, line)
            if isinstance(event, yaml.ScalarEvent):
                plain = event.implicit[0] and not event.style
                builder.add(_resolved(event.value) if plain else event.value, line)
            elif isinstance(event, yaml.SequenceStartEvent):
                builder.open([], line)
            elif isinstance(event, yaml.MappingStartEvent):
                builder.open({}, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                builder.close()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ScenarioError(str(error.problem), name, mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise ScenarioError(str(error), name) from None
    return builder.document()


def _assert_plain(event: Any, name: str, line: int) -> None:
    """Reject tags, anchors and aliases."""
    if event.anchor is not None:
        raise ScenarioError(_("anchors and aliases are not allowed"), name, line)
    tag = getattr(event, "tag", None)
    if tag not in (None, "!"):
        raise ScenarioError(_("tags such as {tag} are not allowed", tag=tag), name, line)


def _resolved(text: str) -> Any:
    """Return the value of an unquoted scalar."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text
