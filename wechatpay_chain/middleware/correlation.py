"""A response must be its request's own.

WeChat Pay signs its answers, and the signature does not cover which request is answered. A genuine
answer that arrives in another one's place (a stray answer on a connection that is kept) passes
every check of signatures, and one order would be taken for paid by another one's payment.
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
"""Stands in every response that has a member of `IDENTIFIERS`, unless it is disguised."""
ESCAPE, NUL = b"\\u", b"\0"
"""Stand in a response where a member's name is escaped, or the JSON is in UTF-16."""
NAMING = ("xml", "json", "body")
"""The options in which a body may name what it is about; a query is read as it was sent."""
OBJECT = ord("{")
MARK = b"\xef\xbb\xbf"
"""The byte order mark that may stand ahead of a document."""


def correlation(request: Request, handle: Handler) -> Flow:
    """Raise `ResponseError` where a response names another order, refund, … than its request."""
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
    """Whether a response may have an identifier; where it has none, it need not be parsed."""
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
            "and {asked!r} was asked for. Do not act on it; the request may have been carried "
            "out, so query before you send it again",
            request=printable(response.request),
            name=name,
            answered=printable(answered, 80),
            asked=printable(asked, 80),
        ),
        response,
    )


def _members(response: Response) -> Mapping[str, Any]:
    """The members at the top of a response; none where its body is a file, or empty."""
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
    """Whether a body is meant as XML, the way `xml.loads` reads it."""
    return content.removeprefix(MARK).lstrip()[:1] == b"<"


def _named(request: Request, response: Response) -> dict[str, Any]:
    """The identifiers that a request names, the surest last: in a path they may be mistaken."""
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
    """The members of a body of the caller's own; None where it is neither JSON nor XML."""
    try:
        return xml.loads(body) if _is_document(body) else json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    """A number as text; empty for what cannot be one."""
    if type(value) is str:
        return value
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)
