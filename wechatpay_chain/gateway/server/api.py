"""Serves API requests: reads them, passes them to the dispatcher, and applies faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from aiohttp import web

from ..messages.exchange import IncomingRequest, Rejection, Response, Step
from ..messages.responses import rejection_v2, rejection_v3
from ..platform import Platform
from ..simulation.bases import host_of
from ..simulation.registry import chain_path, find
from ..store.identity import Identity
from .access import origins
from .bodies import BODIES
from .dispatch import Outcome, serve
from .faults import SKEW, Answering, Fault, apply_fault, fault_response
from .inspection import named_mchid, named_merchant
from .limits import Limits
from .wire import cut_connection, incoming_request, is_upload, parse_form, send_file

__all__ = ["ApiHandler"]

CUTTING = ("refuse", "reset", "truncate")
"""The faults that close the connection."""


class ReplacedError(Exception):
    """Raised if a snapshot was restored while a request was in progress."""


class ApiHandler:
    """Handles API requests.

    Args:
        platform: platform of the gateway.
        limits: limits for requests.
    """

    def __init__(self, platform: Platform, limits: Limits) -> None:
        self._platform = platform
        self._limits = limits

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve a request, or close the connection if a snapshot is restored meanwhile."""
        generation = self._platform.store.generation
        try:
            return await self._handle(request, generation)
        except ReplacedError:
            return await cut_connection(request, Response(500, {}, b""), whole=True)

    async def _handle(self, request: web.Request, generation: int) -> web.StreamResponse:
        started, incoming = time.perf_counter(), incoming_request(request)
        protocol = chain_path(incoming.path)[:2]
        try:
            if origins.is_foreign_page(request):
                raise Rejection(403, "NO_AUTH", "a page of another site cannot call this API")
            most = self._limits.json if protocol == "v3" else self._limits.xml
            most = self._limits.body if is_upload(request) else most
            async with request.app[BODIES].read(request, most) as body:
                if is_upload(request):
                    parse_form(body, incoming)
                else:
                    incoming.body = body
                return await self._respond(request, incoming, started, generation)
        except Rejection as rejection:
            incoming.steps.append(Step("request", False, rejection.message))
            with self._unless_replaced(generation):
                response = _early_rejection(rejection, protocol, self._platform.first.identity)
                self._log(incoming, Outcome(response, None), started)
            return _web_response(response)

    async def _respond(
        self, request: web.Request, incoming: IncomingRequest, started: float, generation: int
    ) -> web.StreamResponse:
        platform, path = self._platform, chain_path(incoming.path)
        with self._unless_replaced(generation):
            host = host_of(incoming.path, incoming.headers.get("Host", ""))
            caller, now = partial(_caller, incoming), platform.clock.now()
            fault = platform.shared.faults.take(path, host, caller, now)
        if fault is not None and fault.fault == "delay":
            await asyncio.sleep(fault.options.get("seconds", 1))
        with self._unless_replaced(generation):
            outcome = self._outcome(incoming, fault)
            self._log(incoming, outcome, started, None if fault is None else fault.fault)
        if fault is not None and fault.fault in CUTTING:
            whole = fault.fault != "truncate"
            return await cut_connection(request, outcome.response, whole=whole)
        if outcome.response.file is not None:
            return await send_file(request, outcome.response)
        return _web_response(outcome.response)

    def _outcome(self, incoming: IncomingRequest, fault: Fault | None) -> Outcome:
        states, first = self._platform.states, self._platform.first
        if fault is None:
            return serve(incoming, states, first)
        identity = (named_merchant(incoming, states) or first).identity
        serial = incoming.headers.get("Wechatpay-Serial", "")
        answering = Answering(chain_path(incoming.path)[:2], identity, serial)
        if fault.before:
            return Outcome(fault_response(fault, answering), None)
        if fault.fault == "clock_skew":
            incoming.clock_skew = fault.options.get("seconds", SKEW)
        outcome = serve(incoming, states, first)
        outcome.response = apply_fault(outcome.response, fault, answering)
        return outcome

    @contextmanager
    def _unless_replaced(self, generation: int) -> Iterator[None]:
        """Block restores of snapshots during the block.

        Args:
            generation: generation of the records when the request arrived.

        Raises:
            ReplacedError: a snapshot was restored since then.
        """
        store = self._platform.store
        with store.alone():
            if store.generation != generation:
                raise ReplacedError
            yield

    def _log(
        self, incoming: IncomingRequest, outcome: Outcome, started: float, fault: str | None = None
    ) -> None:
        clock, took = self._platform.clock, time.perf_counter() - started
        self._platform.shared.log.add(
            incoming,
            outcome.response,
            operation=outcome.operation,
            kind=outcome.kind,
            fault=fault,
            milliseconds=took * 1000,
            came=clock.now() - took * clock.scale,
        )


def _caller(incoming: IncomingRequest) -> str:
    """Return the merchant and the operation of a request, for a rate limit."""
    try:
        operation = find(incoming.method, incoming.path, incoming.headers.get("Host", "")).operation
    except Rejection:
        return ""
    return f"{named_mchid(incoming)} {operation.method} {operation.path}"


def _early_rejection(rejection: Rejection, protocol: str, identity: Identity) -> Response:
    """Return the response to a request that is rejected before inspection."""
    if protocol == "v3":
        return rejection_v3(rejection, identity.signing_key_name, identity)
    return replace(rejection_v2(rejection, None, identity), status=rejection.status)


def _web_response(response: Response) -> web.Response:
    return web.Response(status=response.status, headers=response.headers, body=response.body)
