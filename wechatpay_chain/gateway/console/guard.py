"""Who may ask: this machine for the console; for a cashier page, whoever has its token."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ...utils.display import printable_json
from ..server.access import SAFE, is_local

__all__ = ["SAFE", "json_response", "is_here", "is_same_origin", "local"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def local(handler: Handler) -> Handler:
    """Serve this machine only."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not is_here(request):
            return json_response({"error": "the console is for this machine only"}, 403)
        return await handler(request)

    return guarded


def is_here(request: web.Request) -> bool:
    """Whether a request comes from this machine, by the control API's rule."""
    return is_local(request)


def is_same_origin(request: web.Request) -> bool:
    """Whether no page from elsewhere had a browser send this.

    The scheme is not compared: behind a proxy that ends TLS, the page's is another than ours.
    """
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("Host")


def json_response(value: Any, status: int = 200) -> web.Response:
    """JSON; what a terminal would not show as it is, and half characters, are escaped."""
    text = printable_json(json.dumps(value, ensure_ascii=False, default=str))
    return web.json_response(text=text, status=status, headers=SAFE)
