"""APIv3: turns an HTTP error into an exception with WeChat Pay's message."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..errors import APIError, ClientError, RateLimited, ServerError
from ..flow import Flow, Handler
from ..messages.request import Request
from ..messages.response import MAX_UNVERIFIED_JSON, Response
from ..utils.display import printable
from ..utils.translation import _, joined
from .advice import advice, decoration, page_title
from .path_hints import path_hint
from .request_members import masked

__all__ = ["api_error", "error_code", "status"]

DEEPEST = 32
"""Maximum nesting depth of an error's detail; WeChat Pay uses two or three levels."""


def status(request: Request, handle: Handler) -> Flow:
    """Raise `APIError` for 4xx and 5xx."""
    response = yield from handle(request)
    if response.status_code >= 400:
        raise http_error(response)
    return response


def http_error(response: Response) -> APIError:
    """Return the exception for a response with an HTTP error status, whatever its body is."""
    body = _json_object(response.content)
    return api_error(
        response,
        code=_text(body.get("code")),
        message=_text(body.get("message")),
        detail=_bounded(body.get("detail")),
    )


def error_code(response: Response) -> str:
    """Return WeChat Pay's code in the body of an HTTP error; empty if there is none."""
    return _text(_json_object(response.content).get("code"))


def api_error(response: Response, *, code: str, message: str, detail: Any = None) -> APIError:
    """Return an `APIError` of the subclass for the HTTP status."""
    request, status_code = response.request, response.status_code
    title = "" if code or message else page_title(response.content)
    said = " ".join(filter(None, (printable(code, 100), printable(message, 1000))))
    if not said:
        said = _('an HTML page, "{title}"', title=title) if title else _("no reason given")
    if detail:
        said = _("{said}; detail: {detail}", said=said, detail=_shown(detail))
    if request is not None:
        said = masked(said, request)
    parts = [
        _(
            "{request} was rejected with HTTP {status_code}: {said}",
            request=request,
            status_code=status_code,
            said=said,
        )
    ]
    parts += advice(response, code, title)
    if response.request_id:
        parts.append(f"Request-ID {response.request_id}")
    if not response.verified:
        parts.append(_("this error is not signed, so it may not come from WeChat Pay"))
    parts.append(decoration(lambda: path_hint(response, code), ""))
    text = joined(_("; "), filter(None, parts))
    return _class(status_code)(text, response, code=code, message=message, detail=detail)


def _bounded(detail: Any) -> Any:
    """Return a detail unchanged, unless it is nested too deeply for the error to be pickled."""
    level = [detail]
    for _level in range(DEEPEST):
        containers = (each for each in level if isinstance(each, dict | list))
        level = [inner for each in containers for inner in _members(each)]
        if not level:
            return detail
    return _("nested too deeply to be kept")


def _members(container: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return container.values() if isinstance(container, dict) else container


def _shown(detail: Any) -> str:
    try:
        return json.dumps(detail, ensure_ascii=False, default=str)[:600]
    except (ValueError, RecursionError):
        return _("nested too deeply to be shown")


def _class(status_code: int) -> type[APIError]:
    if status_code == 429:
        return RateLimited
    if status_code >= 500:
        return ServerError
    return ClientError if status_code >= 400 else APIError


def _json_object(content: bytes) -> dict[str, Any]:
    """Return an error's members; empty if it is not a JSON object, or is too large for an error."""
    if len(content) > MAX_UNVERIFIED_JSON:
        return {}
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return _shown(value)
