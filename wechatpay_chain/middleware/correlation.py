"""Checks that a response belongs to its request.

WeChat Pay signs its responses, but the signature does not identify the request. A genuine response
to another request (for example a stray response on a kept connection) passes every signature check,
and another order's payment could make this order appear paid.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from ..flow import Flow, Handler
from ..messages import xml
from ..messages.identifiers import IDENTIFIERS, in_path, in_query
from ..messages.request import Request
from ..messages.response import MAX_UNVERIFIED_JSON, Response, ResponseError
from ..utils.display import printable
from ..utils.translation import _

__all__ = ["correlation"]

IDENTIFIER = re.compile(rb'_(?:no|id|code|billno)[">\s]')
"""Occurs in every response with a member of `IDENTIFIERS`, unless the name is escaped."""
ESCAPE, NUL = b"\\u", b"\0"
"""Occur in a response with an escaped member name, or with JSON in UTF-16."""
NAMING = ("xml", "json", "body")
"""Options with a body that may contain identifiers; a query is read from the sent target."""
OBJECT = ord("{")
MARK = b"\xef\xbb\xbf"
"""The byte order mark that may precede a document."""


def correlation(request: Request, handle: Handler) -> Flow:
    """Raise `ResponseError` if a response names another order, refund, … than its request."""
    response = yield from handle(request)
    if (
        response.ok
        and not response.streamed
        and _may_name(response.content)
        and (named := _named(request, response))
    ):
        _check(response, named)
    return response


def _may_name(content: bytes) -> bool:
    """Return whether a response may contain an identifier; if not, it need not be parsed."""
    return ESCAPE in content or NUL in content or IDENTIFIER.search(content) is not None


def _check(response: Response, named: Mapping[str, Any]) -> None:
    members = _members(response)
    for name, value in named.items():
        if name in members:
            asked, answered = _text(value), _text(members[name])
            if asked and answered and asked != answered:
                _reject(response, name, asked, answered)


def _reject(response: Response, name: str, asked: str, answered: str) -> NoReturn:
    raise ResponseError(
        _(
            "the response to {request} belongs to another request: its {name} is {answered!r}, "
            "but {asked!r} was requested. Do not act on it; WeChat Pay may have processed the "
            "request, so query before you send it again",
            request=printable(response.request),
            name=name,
            answered=printable(answered, 80),
            asked=printable(asked, 80),
        ),
        response,
    )


def _members(response: Response) -> Mapping[str, Any]:
    """Return the top-level members of a response; empty if its body is a file or empty."""
    content = response.content
    if not content or (len(content) > MAX_UNVERIFIED_JSON and not response.verified):
        return {}
    try:
        is_xml = content[0] != OBJECT and _is_document(content)
        members = response.xml() if is_xml else response.peek_json()
    except ResponseError:
        return {}
    return members if isinstance(members, dict) else {}


def _is_document(content: bytes) -> bool:
    """Return whether a body is XML, as `xml.loads` would read it."""
    return content.removeprefix(MARK).lstrip()[:1] == b"<"


def _named(request: Request, response: Response) -> dict[str, Any]:
    """Return the identifiers in a request, the most reliable last; those in a path may be wrong."""
    sent = response.request or request
    path, _ignored, query = sent.target.partition("?")
    named: dict[str, Any] = {**in_path(path.removeprefix(sent.prefix))}
    if query:
        named.update(in_query(query))
    given = vars(request.options)
    for option in NAMING:
        if option in given:
            _collect(given[option], named)
    if request.variables:
        _collect(request.variables, named)
    return named


def _collect(source: Any, named: dict[str, Any]) -> None:
    if not isinstance(source, dict):
        source = _as_mapping(source)
    if isinstance(source, Mapping):
        for name in source:
            if name in IDENTIFIERS:
                named[name] = source[name]


def _as_mapping(source: Any) -> Any:
    return _parsed(source) if isinstance(source, bytes) else source


def _parsed(body: bytes) -> Any:
    """Return the members of a caller's own body, or None if it is neither JSON nor XML."""
    try:
        return xml.loads(body) if _is_document(body) else json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    """Return a number as text; empty for other types."""
    if type(value) is str:
        return value
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)
