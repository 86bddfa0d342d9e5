"""Snapshots by name in the control API, for test suites in any language.

A gateway with a data directory stores them as DIR/snapshots/NAME.db.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiohttp import web

from ...utils import private_files
from ...utils.display import represented
from ...utils.translation import _
from ..snapshots import Snapshot
from .controls import Controls
from .handlers import body_of, json_response, local

__all__ = ["snapshot_routes"]

MOST = 32
NAME = re.compile("[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
FOLDER, ENDING = "snapshots", ".db"


def snapshot_routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the routes of snapshots."""
    snapshots = _Snapshots(gateway)
    return [
        web.get("/_gateway/snapshots", local(snapshots.all)),
        web.post("/_gateway/snapshots", local(snapshots.take)),
        web.post("/_gateway/snapshots/{name}/restore", local(snapshots.restore)),
        web.delete("/_gateway/snapshots/{name}", local(snapshots.delete)),
    ]


class _Snapshots:
    """The handlers."""

    def __init__(self, gateway: Controls) -> None:
        self._gateway = gateway
        self._held: dict[str, Snapshot] = {}
        platform = gateway.platform
        self._folder = (
            platform.directory / FOLDER if platform.directory and platform.keeps else None
        )

    async def all(self, _: web.Request) -> web.StreamResponse:
        """Return the names of the snapshots."""
        return json_response([{"name": name} for name in self._names()])

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take a snapshot: `{"name": "prepared"}`; it replaces the one with the same name."""
        given = await body_of(request)
        name = given.pop("name", None)
        if given or not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(
                _(
                    "name {name}: expected 1 to 64 letters, digits, '_', '-' and '.', and no "
                    "other field",
                    name=represented(name),
                )
            )
        if len({*self._names(), name}) > MOST:
            raise ValueError(
                _("the gateway already has {count} snapshots; delete one first", count=MOST)
            )
        snapshot = self._gateway.snapshot()
        if self._folder is not None:
            private_files.make_directory(self._folder)
            await asyncio.to_thread(snapshot.save, self._folder / f"{name}{ENDING}")
        self._held[name] = snapshot
        return json_response(self._about(name, snapshot), 201)

    async def restore(self, request: web.Request) -> web.StreamResponse:
        """Restore a snapshot; `{"elapsed": true}` adds the time that has passed since then."""
        given, name = await body_of(request), self._named(request)
        elapsed = given.pop("elapsed", False)
        if given or not isinstance(elapsed, bool):
            raise ValueError(_("expected the body {body}, or no body", body='{"elapsed": true}'))
        if name not in self._held and self._folder is not None:
            path = self._folder / f"{name}{ENDING}"
            self._held[name] = await asyncio.to_thread(Snapshot.load, path)
        self._gateway.restore(self._held[name], elapsed=elapsed)
        return json_response(self._about(name, self._held[name]))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete a snapshot."""
        name = self._named(request)
        self._held.pop(name, None)
        if self._folder is not None:
            (self._folder / f"{name}{ENDING}").unlink(missing_ok=True)
        return web.Response(status=204)

    def _named(self, request: web.Request) -> str:
        """Return the name of an existing snapshot in the path of a request.

        Raises:
            LookupError: the snapshot does not exist.
        """
        name = request.match_info["name"]
        if name not in self._names():
            raise LookupError(_("this gateway has no snapshot {name}", name=represented(name)))
        return name

    def _names(self) -> list[str]:
        saved = [] if self._folder is None else self._folder.glob(f"*{ENDING}")
        return sorted({*self._held, *(path.stem for path in saved)})

    def _about(self, name: str, snapshot: Snapshot) -> dict[str, Any]:
        return {"name": name, "time": self._gateway.state.clock.rfc3339(snapshot.moment)}
