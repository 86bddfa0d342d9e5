"""The page of the console, static files, and pages with a message."""

from __future__ import annotations

import hashlib
from html import escape
from importlib import resources
from string import Template

from aiohttp import web

from ..server.access.control import ACCESS
from .guard import SAFE, is_here, json_response
from .words import LANGUAGES, WORDS, language

__all__ = ["fill", "message", "routes"]

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def routes() -> list[web.RouteDef]:
    """Return the routes of the console's page, static files, and other paths below `/_gateway/`."""
    return [
        web.get("/_gateway/", console),
        web.get("/_gateway", to_console),
        web.get("/_gateway/static/{name}", static),
        web.get("/favicon.ico", icon),  # browsers request it on their own; it is no API request
        web.route("*", "/_gateway/{path:.*}", nothing),
    ]


def fill(template: str, **values: str) -> str:
    """Return a filled template; the values must be HTML."""
    return Template(_read("templates", template).decode()).substitute(values)


def message(request: web.Request, title: str, text: str, status: int) -> web.Response:
    """Return a page with an error; JSON for a client that does not accept HTML."""
    chosen = language(request)
    words = WORDS[chosen]
    if "text/html" not in request.headers.get("Accept", ""):
        return json_response({"error": words[text]}, status)
    link = f'<a class="button" href="/_gateway/">{escape(words["to_console"])}</a>'
    page = fill(
        "message.html",
        lang=LANGUAGES[chosen],
        title=escape(words[title]),
        text=escape(words[text]),
        link=link if is_here(request) else "",
    )
    return web.Response(text=page, content_type="text/html", status=status, headers=SAFE)


async def console(request: web.Request) -> web.StreamResponse:
    """Return the page of the console; its script fetches the rest."""
    access = request.app[ACCESS]
    if access.opens(request):  # once: after the redirect, the URL contains no token
        response = web.Response(status=303, headers={**SAFE, "Location": "/_gateway/"})
        access.remember(response, secure=request.secure)
        return response
    if not is_here(request):
        return message(request, "forbidden_title", "forbidden", 403)
    page = fill("console.html", lang=LANGUAGES[language(request)])
    return web.Response(text=page, content_type="text/html", headers=SAFE)


async def to_console(_: web.Request) -> web.StreamResponse:
    """Redirect to the path with a slash, so that relative links are below it."""
    return web.Response(status=308, headers={**SAFE, "Location": "/_gateway/"})


async def static(request: web.Request) -> web.StreamResponse:
    """Return a script, a style sheet or a picture; these files contain no secrets."""
    return _file(request, request.match_info["name"])


async def icon(request: web.Request) -> web.StreamResponse:
    """Return the icon at the path that browsers request."""
    return _file(request, "icon.svg")


async def nothing(request: web.Request) -> web.StreamResponse:
    """Return an error page, so that the path is not handled as an API request."""
    return message(request, "not_found_title", "not_found", 404)


def _file(request: web.Request, name: str) -> web.Response:
    kind = TYPES.get(f".{name.rpartition('.')[2]}")
    if kind is None or name not in _names():
        return message(request, "not_found_title", "not_found", 404)
    body = _read("static", name)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**SAFE, "Cache-Control": "no-cache", "ETag": tag}
    if tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)


def _names() -> set[str]:
    """Return the existing files by name; a requested name is never joined to a path."""
    return {each.name for each in resources.files(__package__).joinpath("static").iterdir()}


def _read(directory: str, name: str) -> bytes:
    return resources.files(__package__).joinpath(directory, name).read_bytes()
