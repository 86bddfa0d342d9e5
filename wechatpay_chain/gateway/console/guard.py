"""Who may ask: this machine for the console; for a cashier page, whoever has its token."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ..control import is_local

__all__ = ["SAFE", "answer", "is_here", "is_same_origin", "local"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SAFE = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: a form would then be sent with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Header fields of all that the console sends."""


def local(handler: Handler) -> Handler:
    """Serve this machine only."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not is_here(request):
            return answer({"error": "the console is for this machine only"}, 403)
        return await handler(request)

    return guarded


def is_here(request: web.Request) -> bool:
    """Whether a request comes from this machine, by the control API's rule."""
    try:
        return is_local(request)
    except ValueError:  # its `Host` is none
        return False


def is_same_origin(request: web.Request) -> bool:
    """Whether no page from elsewhere had a browser send this.

    The scheme is not compared: behind a proxy that ends TLS, the page's is another than ours.
    """
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("Host")


def answer(value: Any, status: int = 200) -> web.Response:
    """JSON; a lone surrogate, which a header field may bring in, is escaped like the rest."""
    return web.json_response(text=json.dumps(value, default=str), status=status, headers=SAFE)
