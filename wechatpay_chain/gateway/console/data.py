"""Data of the console that the control API does not provide: orders, causes, URLs."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

from aiohttp import web

from ... import catalogue
from ...utils.display import represented
from ...utils.translation import _
from ..control.controls import Controls
from ..control.triggers import content
from ..simulation.payments import together as paid_together
from ..state import State
from ..store.identity import pem
from .explanation import explain, verdict
from .guard import SAFE, json_response, local
from .queries.scope import (
    has_words,
    is_sent,
    limit_of,
    owner_of,
    scope_of,
    sender_of,
    words_of,
)
from .view import order_view

__all__ = ["routes"]

SUMMARY = ("number", "time", "method", "target", "status", "operation", "kind", "fault")


def routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the read-only endpoints of one gateway's console."""
    data = _Data(gateway)
    return [
        web.get(f"/_gateway/{path}", local(handler))
        for path, handler in {
            "orders": data.orders,
            "orders/{out_trade_no}": data.order,
            "console/requests": data.requests,
            "console/requests/{number}": data.request,
            "console/notifications": data.notifications,
            "console/notifications/{id}": data.notification,
            "console/client": data.client,
            "console/client/keys": data.keys,
            "console/client/files/{name}": data.file,
            "console/webhooks": data.webhooks,
            "console/webhooks/{protocol}/{event}": data.webhook,
        }.items()
    ]


class _Data:
    """The handlers."""

    def __init__(self, gateway: Controls) -> None:
        self._gateway = gateway
        self._state: State = gateway.state

    async def orders(self, request: web.Request) -> web.StreamResponse:
        """Return the orders, newest first; `q` filters by words, `limit` sets the maximum."""
        return json_response(self._listed(request, "order", order_view))

    async def order(self, request: web.Request) -> web.StreamResponse:
        """Return one order with its content."""
        number = request.match_info["out_trade_no"]
        state = owner_of(self._gateway, request, "order", number)
        order = state.store.get("order", number)
        if order is None:
            return json_response(
                {"error": _("this gateway has no order {number}", number=represented(number))}, 404
            )
        found = {
            **order_view(order, state),
            "mchid": state.mchid,
            "content": order.get("content"),
            "together": self._together(order, state),
        }
        return json_response(found)

    def _together(self, order: dict[str, Any], state: State) -> list[dict[str, Any]]:
        """Return the other orders of the combined one that an order belongs to."""
        return [
            {**order_view(other, payee), "mchid": payee.mchid}
            for payee, other in paid_together.stored(state, order["out_trade_no"])
            if payee is not state or other["out_trade_no"] != order["out_trade_no"]
        ]

    def _listed(
        self, request: web.Request, kind: str, view: Callable[..., dict[str, Any]]
    ) -> list[dict[str, Any]]:
        limit, scope = limit_of(request), scope_of(self._gateway, request)
        found = (
            {**view(each.record, state), "mchid": state.mchid}
            for state, each in scope.find(kind, words_of(request), limit)
            if is_sent(state, each.record)
        )
        return list(itertools.islice(found, limit))

    async def requests(self, request: web.Request) -> web.StreamResponse:
        """Return a line for each of the recent requests, newest first; `q` filters by words."""
        words, found = tuple(each.lower() for each in words_of(request)), []
        wanted = request.query.get("mchid", "")
        for entry in self._state.log.all():
            if not has_words(entry, words):
                continue
            if wanted and sender_of(self._gateway, entry).mchid != wanted:
                continue
            line = {name: entry.get(name) for name in SUMMARY}
            line["milliseconds"] = round(entry.get("milliseconds") or 0, 1)
            found.append({**line, **verdict(entry)})
        return json_response(found[: limit_of(request)])

    async def request(self, request: web.Request) -> web.StreamResponse:
        """Return one request with its bytes, and the explanation of its failure."""
        text = request.match_info["number"]
        entry = self._state.log.get(int(text)) if text.isdecimal() and len(text) < 19 else None
        if entry is None:
            return json_response(
                {"error": _("this gateway has no request {number}", number=represented(text))}, 404
            )
        # In a thread: it computes thousands of digests of a body that can be long.
        sender = sender_of(self._gateway, entry)
        explanation = await asyncio.to_thread(explain, entry, sender)
        return json_response({**entry, **verdict(entry), "explanation": explanation})

    async def notifications(self, request: web.Request) -> web.StreamResponse:
        """Return a line for each notification, newest first."""
        return json_response(self._listed(request, "notice", _notice_line))

    async def notification(self, request: web.Request) -> web.StreamResponse:
        """Return one notification with all its attempts."""
        number = request.match_info["id"]
        notice = owner_of(self._gateway, request, "notice", number).outbox.get(number)
        return (
            json_response(notice)
            if notice
            else json_response(
                {"error": _("this gateway has no notification {id}", id=represented(number))}, 404
            )
        )

    async def client(self, _: web.Request) -> web.StreamResponse:
        """Return the settings of a client, without the keys."""
        gateway, identity, directory = self._gateway, self._state.identity, self._state.directory
        return json_response(
            {
                "base_uri": gateway.base_uri,
                "tls_base_uri": gateway.tls_base_uri,
                "mchid": identity.mchid,
                "appid": identity.appid,
                "serial": identity.serial,
                "public_key_id": identity.public_key_id,
                "platform_serial": identity.platform_serial,
                "gateway_json": ""
                if directory is None
                else str(directory.resolve() / "gateway.json"),
                "files": list(self._files()),
                "now": self._state.clock.now(),
                "scale": self._state.clock.scale,
            }
        )

    async def keys(self, _: web.Request) -> web.StreamResponse:
        """Return the symmetric keys."""
        identity = self._state.identity
        return json_response({"apiv3_key": identity.apiv3_key, "secret": identity.secret})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Return a key or a certificate as a PEM file."""
        name = request.match_info["name"]
        make = self._files().get(name)
        if make is None:
            return json_response(
                {"error": _("this gateway has no file {name}", name=represented(name))}, 404
            )
        headers = {**SAFE, "Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=make(), headers=headers, content_type="application/x-pem-file")

    def _files(self) -> dict[str, Callable[[], bytes]]:
        identity = self._state.identity
        return {
            "apiclient_key.pem": lambda: pem(identity.merchant_key),
            "apiclient_cert.pem": lambda: pem(identity.merchant_certificate),
            "pub_key.pem": lambda: pem(identity.platform_key.public_key()),
            "platform_cert.pem": lambda: pem(identity.platform_certificate),
            "ca.pem": lambda: pem(identity.authority),
        }

    async def webhooks(self, _: web.Request) -> web.StreamResponse:
        """Return all notification types of the catalogue."""
        return json_response(
            [
                {"protocol": each.protocol, "event": each.event, "title": each.title}
                for each in catalogue.webhooks()
            ]
        )

    async def webhook(self, request: web.Request) -> web.StreamResponse:
        """Return the generated content of a notification type."""
        event, protocol = request.match_info["event"], request.match_info["protocol"]
        found = catalogue.webhook(event, protocol)
        if found is None:
            return json_response(
                {"error": _("this gateway has no notification {id}", id=represented(event))}, 404
            )
        return json_response({"event": event, "resource": content(found, self._state)})


def _notice_line(notice: dict[str, Any], _: State) -> dict[str, Any]:
    line = {name: notice[name] for name in ("id", "event", "url", "state", "created")}
    return {**line, "attempts": len(notice["attempts"])}
