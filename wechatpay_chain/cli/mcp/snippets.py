"""The errors in the calls of a snippet, found with the catalogue; the snippet does not run."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ... import catalogue
from ...catalogue.requests.checking import Rules, check_body
from ...chain.options import OPTIONS
from ...utils.display import printable
from ...utils.translation import _, joined
from .calls import UNKNOWN, FoundCall, find_calls

if TYPE_CHECKING:
    from ...catalogue import Operation

__all__ = ["findings"]

VARIABLE = re.compile(r"\{(\w+)\}")
FREE = frozenset({"value", "empty"})
"""Variables without a value in the call: fields of f-strings, and empty segments."""
BODIES = ("json", "xml", "media")


def findings(source: str) -> list[str]:
    """Return the errors in a snippet, one line each; none if it is correct.

    Args:
        source: Python source.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        return [
            _("line {line}: not Python: {error}", line=line, error=getattr(error, "msg", error))
        ]
    except (RecursionError, MemoryError):
        return [_("line {line}: not Python: {error}", line=1, error=_("nested too deeply"))]
    return [
        _("line {line}: {problem}", line=call.line, problem=problem)
        for call in find_calls(tree)
        for problem in _problems(call)
    ]


def _problems(call: FoundCall) -> Iterator[str]:
    given = {name: text for name, text in call.options.items() if isinstance(text, str) and text}
    path = VARIABLE.sub(lambda match: given.get(match[1], match[0]), call.path)
    path = path.replace("{empty}", "")
    operation = catalogue.find(call.method, path) or catalogue.find(call.method, call.path)
    if operation is None:
        near = catalogue.suggest(call.method, path)
        meant = joined(_(" or "), [f"{each.method} {each.path}" for each in near])
        yield _(
            "the catalogue has no operation {method} {path}{meant}",
            method=call.method,
            path=printable(path, 200),
            meant=_("; did you mean {near}?", near=meant) if meant else "",
        )
        return
    name = f"{operation.method} {operation.path}"
    variables = set(VARIABLE.findall(call.path)) - FREE
    for option in call.options.keys() - OPTIONS - variables:
        yield _(
            "{name}: {option}= is neither an option nor a path variable", name=name, option=option
        )
    if not call.is_open:
        for variable in sorted(variables - call.options.keys()):
            yield _(
                "{name}: the path variable {variable} is missing: pass {variable}=…",
                name=name,
                variable=variable,
            )
    yield from _body(name, operation, call)


def _body(name: str, operation: Operation, call: FoundCall) -> Iterator[str]:
    wanted = operation.body_option
    allowed = {wanted, "xml"} if operation.protocol == "v2" else {wanted}
    for option in BODIES:
        if option in call.options and option not in allowed:
            instead = _("pass {option}=", option=wanted) if wanted else _("it takes no body")
            yield _(
                "{name}: this operation does not take {option}=; {instead}",
                name=name,
                option=option,
                instead=instead,
            )
    is_needed = any(member.required for member in operation.body)
    body = call.options.get(wanted)
    if wanted in ("json", "xml") and isinstance(body, dict):
        yield from _members(name, operation, wanted, body)
    if is_needed and not (call.is_open or {wanted, "body"} & call.options.keys()):
        yield _("{name}: {option}= is missing", name=name, option=wanted)


def _members(name: str, operation: Operation, option: str, body: dict[str, Any]) -> Iterator[str]:
    """Return the errors in a body, as far as it is in the source."""
    if option == "xml":
        body = {key: str(each) if type(each) is int else each for key, each in body.items()}
    for finding in check_body(operation, body, Rules()):
        if finding.value is UNKNOWN and finding.kind != "unknown":
            continue  # known only at run time
        near = difflib.get_close_matches(finding.pointer.rpartition("/")[2], finding.known, 1)
        yield _(
            "{name}: {option} {pointer} {issue}{meant}",
            name=name,
            option=option,
            pointer=printable(finding.pointer, 200),
            issue=finding.issue,
            meant=_("; did you mean {near}?", near=near[0]) if near else "",
        )
