"""Calls that require an existing record."""

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
    """Make a call without the required record, which fails, and then one with it."""
    for _ in asked_for(operation):
        try:
            return call()
        except APIError as error:
            record_absent(operation, error, gateway)
    return call()


def asked_for(operation: Operation) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the numbers of the required records, and the paths that create them."""
    return {} if is_simulated(operation) else stub_records.creators_of(operation)


def record_absent(operation: Operation, error: APIError, gateway: Gateway) -> None:
    """Create the record that a call requires."""
    assert error.verified, (operation, error)
    names = asked_for(operation)
    assert (error.status_code, error.code) == (404, "RESOURCE_NOT_EXISTS"), (operation, error)
    _, name, value = error.message.split(" ")
    for path, alias in names.get(name, [pairs[0] for pairs in names.values()]):
        key = stub_records.key_of(path, alias, value)
        gateway.state.store.put(stub_records.KIND, key, {})
