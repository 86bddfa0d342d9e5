"""Displays responses and WeChat Pay's errors.

Nothing is decrypted or changed: the body is parsed again, or read in the same way as the caller
does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..utils.exceptions import WeChatPayError
from ..utils.translation import _
from .body import tree
from .known import members_of, operation_of
from .layout import Branch, Facts, Heading, Line, Span, text
from .masking import shortened, without_openids
from .view import Part, View

if TYPE_CHECKING:
    from ..catalogue import Member, Operation
    from ..messages.request import Request

__all__ = ["error_view", "response_view"]

LARGEST = 1024 * 1024
"""Maximum bytes of a body that is parsed for display; parsing needs many times that memory."""
FIRST = 5
"""Maximum number of displayed lines of a text."""
TEXTUAL = ("text/", "json", "xml", "csv")


class Fields(Protocol):
    """The header fields of a response."""

    def get(self, name: str, default: Any = None) -> Any: ...


class Answer(Protocol):
    """The displayed part of a response."""

    status_code: int
    content: bytes
    request: Request | None
    verified: bool
    unsigned: bool
    streamed: bool

    @property
    def headers(self) -> Fields: ...
    @property
    def request_id(self) -> str: ...
    def xml(self) -> dict[str, Any]: ...


class Refusal(Protocol):
    """The displayed part of an `APIError`."""

    status_code: int
    code: str
    request_id: str
    number: int | None
    verified: bool

    @property
    def request(self) -> Request | None: ...


def response_view(response: Answer) -> View:
    """Return the view of a response: operation, status, signature, Request-ID, and body as a tree.

    Args:
        response: the response of a call.
    """
    operation = operation_of(response.request)
    badges = (_status(response.status_code), _signature(response.verified, response.unsigned))
    facts = [("Request-ID", text(response.request_id or _("none")))]
    kind = response.headers.get("Content-Type", "")
    if kind:
        facts.append(("Content-Type", text(shortened(kind))))
    facts.append((_("body"), text(_size(response))))
    body = _body(response, members_of(operation), str(kind))
    return View(_title(response.request, operation), badges, (Facts(tuple(facts)), *body))


def error_view(error: Refusal, message: str) -> View:
    """Return the view of an error: what WeChat Pay rejected, and why.

    Args:
        error: an `APIError`.
        message: the text of the error, with openids masked.
    """
    operation = operation_of(error.request)
    title = (Span(f"{type(error).__name__}  ", "heading"), *_title(error.request, operation))
    badges = (_status(error.status_code), _signature(error.verified, False))
    rows = [
        (_("code"), text(shortened(error.code) or _("none"), "name")),
        ("Request-ID", text(error.request_id or _("none"))),
    ]
    if error.number is not None:
        rows.append((_("number"), text(str(error.number))))
    rows.append((_("message"), text(message)))
    return View(title, badges, (Facts(tuple(rows)),))


def _title(request: Request | None, operation: Operation | None) -> Line:
    if request is None:
        return text(_("Response"), "heading")
    method = Span(request.method, request.method.lower())
    title = (Span(f"  {operation.title}", "title"),) if operation is not None else ()
    return (method, Span(f" {request.shown_path}", "path"), *title)


def _status(code: int) -> Span:
    return Span(f"HTTP {code}", "good" if code < 400 else "bad")


def _signature(verified: bool, unsigned: bool) -> Span:
    if verified:
        return Span(_("verified"), "good")
    if unsigned:
        return Span(_("unsigned: origin unknown"), "unsure")
    return Span(_("NOT VERIFIED: do not act on it"), "bad")


def _size(response: Answer) -> str:
    here = len(response.content)
    sink = response.request.sink if response.request is not None else None
    if response.streamed:
        if sink is None:
            return _("written to the sink; only the first {here:,} bytes are here", here=here)
        return _(
            "{size:,} bytes were written to the sink; only the first {here:,} are here",
            size=sink.size,
            here=here,
        )
    return _("{count:,} bytes", count=here) if here else _("none")


def _body(response: Answer, members: Sequence[Member], kind: str) -> tuple[Part, ...]:
    if not response.content or response.streamed:
        return ()
    if len(response.content) > LARGEST:
        why = _(
            "Larger than {largest:,} bytes, so it is not parsed here; use .json() or .text",
            largest=LARGEST,
        )
        return (Heading(text(why, "aside")),)
    found = _parsed(response)
    if found is not None:
        return (tree(found, members, _("body")),)
    return _raw(response.content, kind)


def _parsed(response: Answer) -> Any:
    """Return the object or list in a body, or None."""
    start = response.content.lstrip()[:1]
    if start in (b"{", b"["):
        try:
            return json.loads(response.content)
        except (ValueError, RecursionError):
            return None
    if start == b"<":
        try:
            return response.xml()
        except WeChatPayError:
            return None
    return None


def _raw(content: bytes, kind: str) -> tuple[Part, ...]:
    """Return the first lines of a text; for other content, that it is not text."""
    if b"\0" in content or not any(each in kind.lower() for each in TEXTUAL):
        return (Heading(text(_("Not text; use .content for the bytes"), "aside")),)
    lines = content.decode("utf-8", "replace").splitlines()
    branches = [Branch(text(without_openids(shortened(line)), "text")) for line in lines[:FIRST]]
    more = len(lines) - len(branches)
    if more:
        branches.append(Branch(text(_("… and {more:,} more lines", more=more), "aside")))
    return (Branch(text(_("body"), "heading"), tuple(branches)),)
