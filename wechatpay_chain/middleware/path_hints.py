"""Suggestions from the catalogue for a path that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..messages.request import Request
from ..messages.response import Response
from ..utils.translation import _, joined
from .failover import MAIN_ORIGIN

if TYPE_CHECKING:
    from ..catalogue import Operation

__all__ = ["catalogue_path", "path_hint"]

NOT_THERE = (404, 405)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LONGEST = (100, 16)
"""Maximum characters of a segment, and segments of a path, used to find similar ones."""


def catalogue_path(request: Request) -> str:
    """Return a request's path in the catalogue's form."""
    characters, count = LONGEST
    path = "/".join(part[:characters] for part in request.operation.lstrip("/").split("/")[:count])
    return path if path[:3].lower() == "v3/" else f"v2/{path}"


def path_hint(response: Response, code: str) -> str:
    """Return the operations most similar to the called one; empty if the called one exists.

    Args:
        response: a response with an HTTP error; only 404 and 405 have suggestions.
        code: WeChat Pay's error code, or empty.
    """
    request = response.request
    if request is None or response.status_code not in NOT_THERE:
        return ""
    return _hint(request, code)


def _hint(request: Request, code: str) -> str:
    from .. import catalogue  # successful calls do not need it
    from ..catalogue.describe import line

    path = catalogue_path(request)
    known = {method: catalogue.find(method, path) for method in METHODS}
    found = [each for each in known.values() if each is not None]
    here = known.get(request.method)
    if here is not None and not code and not _is_served(here, request):
        where = here.base_uri or f"{MAIN_ORIGIN}/"
        return _('this operation has another base URI: pass base_uri="{where}"', where=where)
    if here is not None:
        return "" if here.path[:3] == path[:3] else _("did you mean {line}?", line=line(here))
    hints = []
    if found:
        methods = ", ".join(f"{each.method} ({each.title})" for each in found)
        hints.append(
            _("according to the catalogue, this path supports only {methods}", methods=methods)
        )
    if not any(each.path == path for each in found):  # otherwise the path is exactly right
        near = catalogue.suggest(request.method, path)
        if found:
            near = tuple(each for each in near if each.method == request.method)
        if near:
            hints.append(
                _(
                    "did you mean {alternatives}?",
                    alternatives=_alternatives([line(each) for each in near]),
                )
            )
    return joined(_("; "), hints)


def _is_served(operation: Operation, request: Request) -> bool:
    """Return whether the request's address may belong to the operation."""
    if operation.base_uri is not None:
        return request.url.startswith(operation.base_uri)
    from .. import catalogue

    chosen = request.options.base_uri
    others = {each.base_uri for each in catalogue.operations() if each.base_uri is not None}
    is_other = request.url.startswith(tuple(others))
    return not is_other and (chosen is None or request.url.startswith(MAIN_ORIGIN))


def _alternatives(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return _("{others} or {last}", others=", ".join(texts[:-1]), last=texts[-1])
