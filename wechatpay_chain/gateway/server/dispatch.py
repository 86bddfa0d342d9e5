"""A request from its arrival to its answer; no socket, no clock but the gateway's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from ...catalogue import Member, Operation
from ...messages.unsigned import JSON, is_unsigned_v3, unsigned_v2
from ..call import Call
from ..messages.exchange import Answer, Arrival, Content, Rejection, Step
from ..messages.responses import (
    answer_v2,
    answer_v3,
    content,
    json_content,
    rejection_v2,
    rejection_v3,
)
from ..simulation import Found, find
from ..simulation.registry import chain_path
from ..simulation.stubs.responses import stub_response
from ..simulation.validation import check_file, decrypt, parse, validate
from ..state import State
from .failures import log_failure
from .inspection import inspect_certificate, inspect_v2, inspect_v3

__all__ = ["Served", "serve"]

SIMULATED, STUB = "simulated", "stub"
KIND = "Wechatpay-Gateway"
"""The header that says whether a response is simulated or a stub."""

logger = logging.getLogger("wechatpay_chain.gateway")


class Served:
    """What became of a request.

    Attributes:
        answer: what is sent.
        kind: `simulated` or `stub`; empty where the request was rejected before that.
        operation: the title of the operation; empty for an unknown one.
    """

    __slots__ = ("answer", "kind", "operation")

    def __init__(self, answer: Answer, found: Found | None) -> None:
        self.answer = answer
        self.operation = found.operation.title if found else ""
        self.kind = (SIMULATED if found.function else STUB) if found else ""
        if self.kind and answer.status != 401:
            answer.headers[KIND] = self.kind


def serve(arrival: Arrival, state: State) -> Served:
    """Inspect a request, carry it out, and sign the answer.

    Args:
        arrival: the request.
        state: what the gateway knows.
    """
    if chain_path(arrival.path).startswith("v3/"):
        return _serve_v3(arrival, state)
    return _serve_v2(arrival, state)


def _serve_v3(arrival: Arrival, state: State) -> Served:
    identity, found = state.identity, None
    serial = identity.answering_name(arrival.headers.get("Wechatpay-Serial", ""))
    try:
        found = _found(arrival)
        inspect_v3(arrival, identity, state.nonces)
        query = dict(parse_qsl(arrival.target.partition("?")[2], keep_blank_values=True))
        data = parse(arrival.body)
        call = Call(
            found.params, query, data, state, arrival.headers, found.operation, arrival.file
        )
        result = _carry_out(call, found, lambda: _open(call, found.operation))
        if isinstance(result, Content):
            unsigned = is_unsigned_v3(arrival.method, f"/{found.operation.path}")
            return Served(content(result, "" if unsigned else serial, identity), found)
        return Served(answer_v3(result, serial, identity), found)
    except Rejection as rejection:
        return Served(rejection_v3(rejection, serial, identity), found)
    except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
        return Served(rejection_v3(_unforeseen(arrival, error), serial, identity), found)


def _serve_v2(arrival: Arrival, state: State) -> Served:
    identity, found, fields = state.identity, None, None
    try:
        found = _found(arrival)
        fields = inspect_v2(arrival, identity, nonceless=found.operation.nonceless)
        query = dict(parse_qsl(arrival.target.partition("?")[2], keep_blank_values=True))
        call = Call(
            found.params, query, fields, state, arrival.headers, found.operation, arrival.file
        )
        result = _carry_out(call, found, lambda: None)
        if isinstance(result, Content):
            return Served(content(result, "", identity), found)
        kind = unsigned_v2.get(f"/{found.operation.path.partition('/')[2]}")
        if kind == JSON:
            return Served(content(json_content(result), "", identity), found)
        return Served(answer_v2(result or {}, fields, identity, signed=kind is None), found)
    except Rejection as rejection:
        return Served(rejection_v2(rejection, fields, identity), found)
    except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
        return Served(rejection_v2(_unforeseen(arrival, error), fields, identity), found)


def _found(arrival: Arrival) -> Found:
    """What a request asks for, if it may ask at all."""
    try:
        found = find(arrival.method, arrival.path, arrival.headers.get("Host", ""))
    except Rejection as rejection:
        arrival.steps.append(Step("path", False, rejection.message))
        raise
    if found.operation.security:
        inspect_certificate(arrival)
    return found


def _open(call: Call, operation: Operation) -> None:
    """Replace what came encrypted by its plaintext."""
    sealed = _sealed(operation)
    here = not (sealed.isdisjoint(call.data) and sealed.isdisjoint(call.query))
    if here or operation.body_option == "media":
        decrypt(call, operation, call.state.identity)


@cache
def _sealed(operation: Operation) -> frozenset[str]:
    """The members that hold what travels encrypted; to go through all of them takes a while."""
    members = (*operation.body, *operation.query)
    return frozenset(member.name for member in members if _is_sealed(member))


def _is_sealed(member: Member) -> bool:
    return bool(member.encrypted) or any(map(_is_sealed, member.members))


def _unforeseen(arrival: Arrival, error: Exception) -> Rejection:
    """What a client is told of a fault of the gateway's own; the log has the rest."""
    log_failure(logger, f"{arrival.method} {arrival.path[:200]} failed", error)
    return Rejection(500, "SYSTEM_ERROR", "系统错误")


def _carry_out(
    call: Call, found: Found, reveal: Callable[[], None]
) -> dict[str, Any] | Content | None:
    """What an operation answers; all that it changes is committed, or none of it."""
    rejection = None
    with call.state.store.transaction():
        if found.operation.body_option == "media":
            validate(call, found.operation)
            check_file(call, found.operation)
        if found.function is None:
            validate(call, found.operation)
            reveal()
            return stub_response(call, found.operation)
        reveal()
        try:
            return found.function(call)
        except Rejection as no:
            if not no.keep:
                raise
            rejection = no
    raise rejection
