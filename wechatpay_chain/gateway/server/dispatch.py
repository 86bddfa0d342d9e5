"""Converts a request to its response, without sockets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from ...catalogue import Member, Operation
from ...messages.unsigned import JSON, is_unsigned_v3, unsigned_v2
from ..call import Call
from ..messages.exchange import Content, IncomingRequest, Rejection, Response, Step
from ..messages.responses import (
    content,
    json_content,
    rejection_v2,
    rejection_v3,
    response_v2,
    response_v3,
)
from ..simulation import Found, find
from ..simulation.registry import chain_path
from ..simulation.stubs.responses import stub_response
from ..simulation.validation import check_file, decrypt, parse, validate
from ..state import State
from ..store.identity import Identity
from .failures import log_failure
from .inspection import (
    inspect_certificate,
    inspect_nonce,
    inspect_owner,
    inspect_v2,
    inspect_v3,
    named_merchant,
)
from .parties import assert_parties

__all__ = ["Outcome", "carry_out", "serve"]

SIMULATED, STUB = "simulated", "stub"
KIND = "Wechatpay-Gateway"
"""The header that marks a response as simulated or as a stub."""

logger = logging.getLogger("wechatpay_chain.gateway")


class Outcome:
    """The outcome of a request.

    Attributes:
        response: response to send.
        kind: `simulated` or `stub`; empty if the request was rejected earlier.
        operation: the title of the operation; empty for an unknown one.
    """

    __slots__ = ("kind", "operation", "response")

    def __init__(self, response: Response, found: Found | None) -> None:
        self.response = response
        self.operation = found.operation.title if found else ""
        self.kind = (SIMULATED if found.function else STUB) if found else ""
        if self.kind and response.status != 401:
            response.headers[KIND] = self.kind


def serve(request: IncomingRequest, merchants: Mapping[str, State], first: State) -> Outcome:
    """Inspect a request, process it for the merchant that signed it, and sign the response.

    Args:
        request: request to serve.
        merchants: merchants by number.
        first: merchant that signs the response if the caller is unknown.
    """
    if chain_path(request.path).startswith("v3/"):
        caller = (named_merchant(request, merchants) if len(merchants) > 1 else None) or first
        return _serve_v3(request, merchants, caller.identity)
    return _serve_v2(request, merchants, first.identity)


def _serve_v3(
    request: IncomingRequest, merchants: Mapping[str, State], identity: Identity
) -> Outcome:
    found = None
    serial = identity.response_key_name(request.headers.get("Wechatpay-Serial", ""))
    try:
        found = _found(request)
        state = inspect_v3(request, merchants)
        identity = state.identity
        serial = identity.response_key_name(request.headers.get("Wechatpay-Serial", ""))
        query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
        data = parse(request.body)
        call = Call(
            found.params, query, data, state, request.headers, found.operation, request.file
        )
        result = carry_out(call, found, lambda: _open(call, found.operation))
        if isinstance(result, Content):
            unsigned = is_unsigned_v3(request.method, f"/{found.operation.path}")
            return Outcome(content(result, "" if unsigned else serial, identity), found)
        return Outcome(response_v3(result, serial, identity), found)
    except Rejection as rejection:
        return Outcome(rejection_v3(rejection, serial, identity), found)
    except Exception as error:  # noqa: BLE001 - the client always gets a response
        return Outcome(rejection_v3(_unforeseen(request, error), serial, identity), found)


def _serve_v2(
    request: IncomingRequest, merchants: Mapping[str, State], identity: Identity
) -> Outcome:
    found, fields = None, None
    try:
        found = _found(request)
        nonceless = found.operation.nonceless
        state, fields = inspect_v2(request, merchants, nonceless=nonceless)
        identity = state.identity
        if found.operation.security:
            inspect_owner(request, state)
        # URLs for browsers and uploads have no nonce.
        if found.operation.body_option == "xml" and not nonceless:
            inspect_nonce(request, fields)
        query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
        call = Call(
            found.params, query, fields, state, request.headers, found.operation, request.file
        )
        result = carry_out(call, found, lambda: None)
        if isinstance(result, Content):
            return Outcome(content(result, "", identity), found)
        kind = unsigned_v2.get(f"/{found.operation.path.partition('/')[2]}")
        if kind == JSON:
            return Outcome(content(json_content(result), "", identity), found)
        return Outcome(response_v2(result or {}, fields, identity, signed=kind is None), found)
    except Rejection as rejection:
        return Outcome(rejection_v2(rejection, fields, identity), found)
    except Exception as error:  # noqa: BLE001 - the client always gets a response
        return Outcome(rejection_v2(_unforeseen(request, error), fields, identity), found)


def _found(request: IncomingRequest) -> Found:
    """Return the operation of a request, and check the TLS certificate that it requires."""
    try:
        found = find(request.method, request.path, request.headers.get("Host", ""))
    except Rejection as rejection:
        request.steps.append(Step("path", False, rejection.message))
        raise
    if found.operation.security:
        inspect_certificate(request)
    return found


def _open(call: Call, operation: Operation) -> None:
    """Decrypt the encrypted fields."""
    sealed = _sealed(operation)
    here = not (sealed.isdisjoint(call.data) and sealed.isdisjoint(call.query))
    if here or operation.body_option == "media":
        decrypt(call, operation)


@cache
def _sealed(operation: Operation) -> frozenset[str]:
    """Return the fields that are encrypted or contain such fields; cached, as this is slow."""
    members = (*operation.body, *operation.query)
    return frozenset(member.name for member in members if _is_sealed(member))


def _is_sealed(member: Member) -> bool:
    return bool(member.encrypted) or any(map(_is_sealed, member.members))


def _unforeseen(request: IncomingRequest, error: Exception) -> Rejection:
    """Return the response to an internal error; the log contains the traceback."""
    log_failure(logger, f"{request.method} {request.path[:200]} failed", error)
    return Rejection(500, "SYSTEM_ERROR", "系统错误")


def carry_out(
    call: Call, found: Found, reveal: Callable[[], None]
) -> dict[str, Any] | Content | None:
    """Process an operation in one transaction, and return its result.

    Args:
        call: call to process.
        found: operation that it calls.
        reveal: decrypts the encrypted fields of the call.

    Raises:
        Rejection: the merchant lacks the permission, or the operation rejects the call.
    """
    rejection = None
    with call.state.store.transaction():
        assert_parties(call, found.operation)
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
        except Rejection as raised:
            if not raised.keep:
                raise
            rejection = raised
    raise rejection
