"""Sent requests, for assertions about the calls of the code under test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from ..catalogue.templates import template
from ..messages import xml
from ..utils.translation import _

__all__ = ["SentRequest", "matching", "only"]


class SentRequest(NamedTuple):
    """A sent request.

    Attributes:
        method: upper-case HTTP method.
        path: the path as sent, without a leading slash; APIv2 paths begin with `v2/`.
        template: the operation's path in the catalogue, or None if it does not have the operation.
        query: the parameters, each with a list of values.
        headers: the header fields.
        content: the body.
    """

    method: str
    path: str
    template: str | None
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    content: bytes

    @classmethod
    def of(
        cls, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> SentRequest:
        """Create a request from its parts.

        Args:
            method: upper-case HTTP method.
            target: path and query.
            headers: the header fields.
            content: the body.
        """
        parts = urlsplit(target)
        path = parts.path.lstrip("/")
        known = template(method, path)
        named = path if path.lower().startswith("v3/") else f"v2/{path}"
        query = parse_qs(parts.query, keep_blank_values=True)
        return cls(method, named, known and known.path, query, headers, content)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)

    @property
    def xml(self) -> dict[str, Any]:
        """The fields of an APIv2 body."""
        return xml.loads(self.content)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def matching(
    requests: Iterable[SentRequest], method: str | None, path: str | None
) -> list[SentRequest]:
    """Return the requests with a method and a path, oldest first.

    Args:
        requests: the sent requests.
        method: upper-case HTTP method, or None for any.
        path: the path as sent, an operation's template, or a pattern such as `v3/refund/*`; None
            for any.
    """
    return [
        each
        for each in requests
        if method in (None, each.method) and (path is None or _fits(each, path.lstrip("/")))
    ]


def only(requests: list[SentRequest], method: str | None, path: str | None) -> SentRequest:
    """Return the only request with a method and a path.

    Raises:
        AssertionError: there are none or several; the message lists the sent requests.
    """
    found = matching(requests, method, path)
    if len(found) == 1:
        return found[0]
    wanted = " ".join(filter(None, (method, path))) or "request"
    told = ", ".join(map(str, requests)) or "nothing"
    raise AssertionError(
        _(
            "{wanted} was sent {count} times, expected once; sent: {told}",
            wanted=wanted,
            count=len(found),
            told=told,
        )
    )


def _fits(request: SentRequest, path: str) -> bool:
    if path in (request.path, request.template):
        return True
    return "*" in path and fnmatchcase(request.path, path)
