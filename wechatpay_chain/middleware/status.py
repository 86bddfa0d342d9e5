"""APIv3: an HTTP error becomes an exception that says what WeChat Pay said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..errors import APIError, ClientError, RateLimited, ServerError
from ..flow import Flow, Handler
from ..messages import Request, Response

__all__ = ["api_error", "status"]

WHAT_TO_DO = {
    401: "check mchid, serial and private_key, and this machine's clock",
    403: "the merchant lacks the permission for this operation",
    404: "no such resource: check the path and the ids in it",
    429: "too many requests: wait, then send it again",
}
NOT_THERE = (404, 405)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LONGEST = (100, 16)
"""Signs of a segment, and segments of a path, that are looked at to find what is like it."""


def status(request: Request, handle: Handler) -> Flow:
    """Raise `APIError` for 4xx and 5xx."""
    response = yield from handle(request)
    if response.status_code >= 400:
        raise http_error(response)
    return response


def http_error(response: Response) -> APIError:
    """The exception for an answer with an HTTP error status, whatever its body is."""
    body = _json_object(response.content)
    return api_error(
        response,
        code=_text(body.get("code")),
        message=_text(body.get("message")),
        detail=body.get("detail"),
    )


def api_error(response: Response, *, code: str, message: str, detail: Any = None) -> APIError:
    """An `APIError` of the class that the HTTP status calls for."""
    number = response.status_code
    said = " ".join(filter(None, (code, message))) or "no reason given"
    parts = [f"{response.request} was refused with HTTP {number}: {said}"]
    if detail:
        parts.append(f"detail: {json.dumps(detail, ensure_ascii=False, default=str)[:600]}")
    if number in WHAT_TO_DO:
        parts.append(WHAT_TO_DO[number])
    elif number >= 500:
        parts.append("it may have been carried out all the same: query before sending it again")
    if response.request_id:
        parts.append(f"Request-ID {response.request_id}")
    if not response.verified:
        parts.append("this error is not signed, so it may not come from WeChat Pay")
    if number in NOT_THERE and response.request is not None:
        parts.append(_hint(response.request, code))
    # JSON may hold lone surrogates, which no log and no terminal takes.
    text = "; ".join(filter(None, parts)).encode("utf-8", "replace").decode()
    return _class(number)(text, response, code=code, message=message, detail=detail)


def _hint(request: Request, code: str) -> str:
    """What may have been meant; empty where the catalogue has this very operation."""
    from .. import catalogue  # only now: what succeeds has no need of it
    from ..catalogue.describe import line

    signs, count = LONGEST
    path = "/".join(part[:signs] for part in request.operation.lstrip("/").split("/")[:count])
    if path[:3].lower() != "v3/":
        path = f"v2/{path}"
    known = {method: catalogue.find(method, path) for method in METHODS}
    found = [each for each in known.values() if each is not None]
    here = known.get(request.method)
    if here is not None and not code and not request.url.startswith(here.base_uri or ""):
        return f'this operation is served at another address: give base_uri="{here.base_uri}"'
    if here is not None:
        return "" if here.path[:3] == path[:3] else f"did you mean {line(here)}?"
    hints = []
    if found:
        methods = " and ".join(f"{each.method} ({each.title})" for each in found)
        hints.append(f"as far as is known, this path takes {methods} only")
    if not any(each.path == path for each in found):  # else the path is right, to the letter
        near = catalogue.suggest(request.method, path)
        if found:
            near = tuple(each for each in near if each.method == request.method)
        if near:
            hints.append(f"did you mean {_alternatives([line(each) for each in near])}?")
    return "; ".join(hints)


def _alternatives(texts: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _class(number: int) -> type[APIError]:
    if number == 429:
        return RateLimited
    if number >= 500:
        return ServerError
    return ClientError if number >= 400 else APIError


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
