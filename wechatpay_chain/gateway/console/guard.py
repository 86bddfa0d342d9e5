"""Access to the console; a cashier page requires only its token."""

from __future__ import annotations

from aiohttp import web

from ..control.handlers import json_response, local
from ..server.access.control import ACCESS
from ..server.access.origins import SAFE, is_same_origin

__all__ = ["SAFE", "json_response", "is_here", "is_same_origin", "local"]


def is_here(request: web.Request) -> bool:
    """Return whether a request may use the console, by the control API's rule."""
    return request.app[ACCESS].allows(request)
