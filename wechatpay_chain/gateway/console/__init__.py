"""The console in the browser at `/_gateway/`, and the cashier page of every order.

`data` and `queries` return the data of the console, `explanation` explains failed signatures,
`events` notifies pages of changes, and `cashier` receives payments. The pages are in `templates`
and `static`; they load nothing from other hosts.
"""

from __future__ import annotations

from aiohttp import web

from ..control.controls import Controls
from ..server.wire import guarded
from . import cashier, data, events, pages
from .queries import bills, flows, records, search, timeline

__all__ = ["attach", "routes"]

QUERIES = (records, timeline, search, flows, bills)


def attach(gateway: Controls, app: web.Application) -> None:
    """Add the console and the cashier to an application, after the routes of the control API."""
    streams = events.Streams(gateway.state)
    app.add_routes(map(guarded, routes(gateway, streams)))
    app.on_shutdown.append(streams.end)  # do not wait until browsers disconnect


def routes(gateway: Controls, streams: events.Streams) -> list[web.RouteDef]:
    """Return the routes of one gateway's console and cashier."""
    return [
        *data.routes(gateway),
        *(each for part in QUERIES for each in part.routes(gateway)),
        *events.routes(streams),
        *cashier.routes(gateway, streams),
        *pages.routes(),  # last: it also serves all paths without another route
    ]
