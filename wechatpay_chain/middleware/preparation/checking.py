"""`check="catalogue"`: validates a request against its operation before it is sent.

The check reads the arguments of the call, before encoding and encryption. It ignores anything that
the catalogue does not describe: unknown operations, bytes in `body=`, and uploads.
"""

from __future__ import annotations

import decimal
import difflib
import enum
from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue import Operation
from ...catalogue.idempotency import variables
from ...catalogue.requests.checking import (
    Finding,
    Rules,
    check_body,
    check_query,
    check_variables,
    is_sensitive,
)
from ...flow import Flow, Handler
from ...messages import canonical
from ...messages.request import Request
from ...messages.sensitive import Sensitive
from ...utils.display import printable, represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _, joined
from .operations import find, parameters_of

__all__ = ["checked"]

RULES = Rules()
SHOWN = 20
"""Maximum number of findings in an error."""
PERSONAL = ("openid", "phone", "id_card")
"""Parts of member names whose values never appear in an error."""


class Hidden(str):
    """Replaces a text that will be encrypted, so that its content is not checked."""

    __slots__ = ()

    def __new__(cls) -> Hidden:
        """Create a non-empty one."""
        return super().__new__(cls, "***")


def checked(handle: Handler) -> Handler:
    """Return a handler that rejects a request that does not match its operation."""

    def handler(request: Request) -> Flow:
        operation = find(request.method, request.operation)
        if operation is not None:
            _assert_right(operation, request)
        return (yield from handle(request))

    return handler


def _assert_right(operation: Operation, request: Request) -> None:
    found = [
        _("{place} {finding}", place=place, finding=_told(finding))
        for place, finding in _findings(operation, request)
        if finding.kind == "unknown" or not isinstance(finding.value, Hidden)
    ]
    if found:
        more = [_("and {count} more", count=len(found) - SHOWN)] if len(found) > SHOWN else []
        raise ConfigurationError(
            _(
                "{method} {path} does not accept this request; nothing was sent. According to "
                "the catalogue: {problems}",
                method=operation.method,
                path=operation.path,
                problems=joined(_("; "), [*found[:SHOWN], *more]),
            )
        )


def _findings(operation: Operation, request: Request) -> Iterator[tuple[str, Finding]]:
    """Yield the findings, each with its place: the path, `query`, `json` or `xml`."""
    given, name = request.options, operation.body_option
    path = variables(operation, request.operation)
    yield from (("path", each) for each in check_variables(operation, path, RULES))
    if given.query is None or isinstance(given.query, Mapping):
        query = {**parameters_of(request), **_texts(given.query or {}, "query")}
        yield from (("query", each) for each in check_query(operation, query, RULES))
    if name not in ("json", "xml") or given.body is not None:
        return
    body = getattr(given, name)
    if body is None or isinstance(body, Mapping):
        members = _texts(body or {}, "xml") if name == "xml" else _plain(body or {})
        yield from ((name, each) for each in check_body(operation, members, RULES))


def _told(finding: Finding) -> str:
    """Describe a finding, with the value if it may be shown."""
    pointer, value = finding.pointer, finding.value
    name = pointer.rpartition("/")[2]
    secret = finding.member is not None and is_sensitive(finding.member)
    personal = any(part in pointer for part in PERSONAL)
    shows = isinstance(value, str | int | float) and not (secret or personal)
    shown = f" {represented(value, 60)}" if shows and finding.kind != "unknown" else ""
    wanted = str(value) if finding.kind == "enum" and shows else name
    near = difflib.get_close_matches(wanted, finding.known, 1, 0.6)
    meant = _(", did you mean {near}?", near=near[0]) if near else ""
    return _(
        "{pointer}{shown} {issue}{meant}",
        pointer=printable(pointer, 200),
        shown=shown,
        issue=finding.issue,
        meant=meant,
    )


def _texts(given: Mapping[str, Any], option: str) -> dict[str, Any]:
    """Return values as they are sent in a format where all values are text."""
    return {
        name: Hidden() if isinstance(value, Sensitive) else _text(value, f"{option}[{name!r}]")
        for name, value in given.items()
    }


def _text(value: Any, name: str) -> Any:
    if isinstance(value, list | tuple):
        return [_text(each, name) for each in value]
    return value if isinstance(value, Mapping) else canonical.text(value, name)


def _plain(value: Any) -> Any:
    """Return a value as it appears in JSON."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Sensitive):
        return Hidden()
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, decimal.Decimal):
        return int(value) if value.is_finite() and value == int(value) else float(value)
    written = canonical.moment(value, "json")
    return value if written is None else written
