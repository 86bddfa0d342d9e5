"""Calls about what must have been created before."""

from __future__ import annotations

from collections.abc import Callable

from wechatpay_chain import APIError, Response
from wechatpay_chain.catalogue import Operation
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.simulation.registry import simulated
from wechatpay_chain.gateway.simulation.stubs import records as stub_records


def is_simulated(operation: Operation) -> bool:
    return (operation.method, operation.path) in simulated()


def created_first(operation: Operation, gateway: Gateway, call: Callable[[], Response]) -> Response:
    """Make a call about something that was never created, then one about what was."""
    for _ in asked_for(operation):
        try:
            return call()
        except APIError as error:
            record_absent(operation, error, gateway)
    return call()


def asked_for(operation: Operation) -> dict[str, tuple[tuple[str, str], ...]]:
    """The numbers of what must have been created, and the paths that create it."""
    return {} if is_simulated(operation) else stub_records.creators_of(operation)


def record_absent(operation: Operation, error: APIError, gateway: Gateway) -> None:
    """Record what a call missed as if it had been created."""
    assert error.verified, (operation, error)
    names = asked_for(operation)
    assert (error.status_code, error.code) == (404, "RESOURCE_NOT_EXISTS"), (operation, error)
    _, name, value = error.message.split(" ")
    for path, alias in names.get(name, [pairs[0] for pairs in names.values()]):
        key = stub_records.key_of(path, alias, value)
        gateway.state.store.put(stub_records.KIND, key, {})
