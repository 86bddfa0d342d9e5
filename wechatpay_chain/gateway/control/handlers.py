"""Common parts of the control API's handlers: access, and JSON in and out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ...utils.display import printable_json
from ...utils.translation import N_, _
from ..messages.exchange import Rejection
from ..messages.nesting import check_json
from ..server.access.control import ACCESS
from ..server.access.origins import SAFE
from ..server.bodies import BODIES
from ..store.plaintext import masked
from .products import ControlRejected

__all__ = ["FORBIDDEN", "Handler", "body_of", "json_response", "local", "whole_number"]

FORBIDDEN = N_(
    "the console and the control API accept only requests from this machine, or with the control "
    "token of the gateway"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def local(handler: Handler) -> Handler:
    """Restrict a handler to permitted clients, and return errors as JSON."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not request.app[ACCESS].allows(request):
            return json_response({"error": _(FORBIDDEN)}, 403)
        try:
            return await handler(request)
        except Rejection as rejection:
            error = {"error": rejection.code, "message": rejection.message}
            return json_response(error, rejection.status if rejection.status >= 400 else 400)
        except ControlRejected as error:
            return json_response({"error": error.code, "message": error.message}, error.status)
        except LookupError as error:
            return json_response({"error": str(error)}, 404)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            return json_response({"error": str(error)}, 400)

    return guarded


def json_response(value: Any, status: int = 200) -> web.Response:
    """Return a JSON response without terminal escape sequences from client data."""
    text = printable_json(json.dumps(masked(value), ensure_ascii=False, default=str))
    return web.json_response(text=text, status=status, headers=SAFE)


async def body_of(request: web.Request) -> dict[str, Any]:
    """Return the fields of a request body; none for an empty body.

    Raises:
        ValueError: the body is not a JSON object.
    """
    bodies = request.app[BODIES]
    async with bodies.read(request, bodies.limits.control) as content:
        if not content:
            return {}
        text = content.decode()
        check_json(text)
        given = json.loads(text)
    if not isinstance(given, dict):
        raise ValueError(_("the body must be a JSON object"))
    return given


def whole_number(request: web.Request, name: str, default: int) -> int:
    """Return a number from the query.

    Raises:
        ValueError: the parameter is not a whole number.
    """
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(_("{name} must be a whole number, not {text!r}", name=name, text=text))
    return int(text)
