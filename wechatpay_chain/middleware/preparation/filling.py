"""`fill=True`: adds the client's mchid, appid and notify_url to a request that lacks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...catalogue import Member, Operation
from ...catalogue.requests.filling import filled, missing_of
from ...flow import Flow, Handler
from ...messages.request import Options, Request
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .operations import find, parameters_of

__all__ = ["completed"]


def completed(handle: Handler, values: Mapping[str, str]) -> Handler:
    """Return a handler that fills the missing members of a request.

    Args:
        handle: the stack's handler.
        values: the client's `mchid`, `appid` and `notify_url`, as far as they are set.
    """

    def handler(request: Request) -> Flow:
        operation = find(request.method, request.operation)
        if operation is not None:
            request = request.replace(options=_completed(operation, request, values))
        return (yield from handle(request))

    return handler


def _completed(operation: Operation, request: Request, values: Mapping[str, str]) -> Options:
    given = request.options
    changes: dict[str, Any] = {}
    name = operation.body_option
    body = getattr(given, name) if name in ("json", "xml") else None
    if name in ("json", "xml") and given.body is None and isinstance(body or {}, Mapping):
        _assert_configured(operation, operation.body, body or {}, values)
        changes[name] = filled(operation, body or {}, values) or None
    if operation.query and isinstance(given.query or {}, Mapping):
        sent = {**parameters_of(request), **(given.query or {})}
        _assert_configured(operation, operation.query, sent, values)
        missing = missing_of(operation.query, sent)
        own = {each.name: values[each.source] for each in missing if each.source in values}
        changes["query"] = {**(given.query or {}), **own} or None
    return Options(**{**given.__dict__, **changes})


def _assert_configured(
    operation: Operation,
    members: Iterable[Member],
    given: Mapping[str, Any],
    values: Mapping[str, str],
) -> None:
    for each in missing_of(members, given):
        if each.required and each.source not in values:
            raise ConfigurationError(
                _(
                    "{method} {path} requires {name}, which is missing and which fill=True "
                    "cannot add: pass {source}= to the client, or {name} to the call",
                    method=operation.method,
                    path=operation.path,
                    name=each.name,
                    source=each.source,
                )
            )
