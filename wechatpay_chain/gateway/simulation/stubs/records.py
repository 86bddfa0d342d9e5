"""Records that stub operations have created; only these can be queried.

The catalogue shows which operation creates the record that another one queries. `POST
v3/transfer/batches` accepts an `out_batch_no` and returns a `batch_id`; so `GET
v3/transfer/batches/out-batch-no/{out_batch_no}` finds these batches, and returns 404 for others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from .... import catalogue
from ....catalogue import Member, Operation
from ....catalogue.registry import product_of
from ...call import Call
from ...messages.exchange import Rejection, Secret
from ..registry import simulated

__all__ = ["KIND", "creators_of", "key_of", "recall", "remember"]

KIND = "stub"
"""The kind of the records in the store."""
NOT_CREATED = frozenset(
    ("sub_mchid", "brand_id", "transaction_id", "openid", "sp_openid", "account", "merchant_code")
)
"""Numbers of things that exist without a request, or that other operations create."""
BY_CODE = "micropay"
"""The path segment of payments by code abroad; their orders are queried like all others."""
ENDING = frozenset(("cancel", "close", "notify", "reverse", "terminate", "unbind"))
"""The last path segments of operations on an existing record."""


def recall(call: Call, operation: Operation) -> dict[str, Any]:
    """Return the members of the requests and responses that created the queried records.

    Raises:
        Rejection: a number in the request belongs to no record.
    """
    found: dict[str, Any] = {}
    given = {**call.data, **call.query, **call.params}
    for name, creators in creators_of(operation).items():
        value = given.get(name)
        if not isinstance(value, (str, int)) or value == "":
            continue
        records = [call.state.store.get(KIND, key_of(*each, value)) for each in creators]
        known = [record for record in records if record is not None and _is_for(record, given)]
        if not known:
            raise Rejection(404, "RESOURCE_NOT_EXISTS", f"记录不存在: {name} {value}")
        found |= known[0]
    return found


def _is_for(record: dict[str, Any], given: dict[str, Any]) -> bool:
    """Return whether a record belongs to the sub-merchant of a request."""
    names = ("sub_mchid", "sub_mch_id")
    owner, named = (next((each[n] for n in names if each.get(n)), "") for each in (record, given))
    return owner == named or not owner or not named


def remember(call: Call, operation: Operation, response: Any) -> None:
    """Store the created record of an operation, under each number that other operations use."""
    names = _created(operation)
    if not names:
        return
    told = response if isinstance(response, dict) else {}
    sent = {name: each for name, each in call.data.items() if name not in ("sign", "nonce_str")}
    record = _plain({**told, **sent})
    for name in names:
        for value in (*_values(sent, name), *_values(told, name)):
            call.state.store.put(KIND, key_of(operation.path, name, value), record)


def key_of(path: str, name: str, value: str | int) -> str:
    """Return the key of a record that the operation of a path created."""
    return f"{path} {name} {value}"


@cache
def creators_of(operation: Operation) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the numbers that an operation requires, with the paths and members that create it."""
    found = {}
    for name in _asked_for(operation):
        names = _aliases(operation, name)
        pairs = [(each, alias) for alias in names for each in _creating(operation, alias)]
        if pairs and not any((each.method, each.path) in simulated() for each, _ in pairs):
            found[name] = tuple(dict.fromkeys((each.path, alias) for each, alias in pairs))
    return found


@cache
def _created(operation: Operation) -> frozenset[str]:
    """Return the numbers by which other operations find the record that an operation creates."""
    if operation.method != "POST":
        return frozenset()
    every = (pairs for other in _others(operation) for pairs in creators_of(other).values())
    return frozenset(name for pairs in every for path, name in pairs if path == operation.path)


def _creating(operation: Operation, name: str) -> list[Operation]:
    others = [each for each in _others(operation) if _may_create(each, operation)]
    sent = [each for each in others if name in _names(each)[0]]
    got = [each for each in others if name in _names(each)[1]]
    return sent + got or _in_collection(operation, name)


def _in_collection(operation: Operation, name: str) -> list[Operation]:
    """Return the operations that create records in the collection of a path's variable.

    `GET v3/vehicle/transactions/out-trade-no/{out_trade_no}` finds the records of `POST
    v3/vehicle/transactions/parking`. The operation of the collection can accept or return any
    number; an operation below it must accept a merchant-assigned one.
    """
    place = f"{{{name}}}"
    if place not in operation.segments:
        return []
    collection = list(operation.segments[: operation.segments.index(place)])
    if collection[-1].replace("-", "_") == name:
        collection.pop()
    others = [
        each
        for each in _others(operation)
        if each.method == "POST" and each.base_uri == operation.base_uri
    ]
    itself = [each for each in others if _form(each) == _plain_form(collection)]
    found = [each for each in itself if name in _names(each)[0] | _names(each)[1]]
    if name.startswith("out_"):
        found += [each for each in others if _sends(each, collection, name)]
    return found


def _sends(other: Operation, collection: list[str], name: str) -> bool:
    """Return whether an operation, one segment below a collection, accepts a new number."""
    *above, last = other.segments
    if last.startswith("{") or last in ENDING or name not in _names(other)[0]:
        return False
    with_codes = [*collection[:-1], BY_CODE, *collection[-1:]]
    return _plain_form(above) in (_plain_form(collection), _plain_form(with_codes))


def _aliases(operation: Operation, name: str) -> list[str]:
    """Return the variables in the same place of all paths with the same form."""
    place = f"{{{name}}}"
    if place not in operation.segments:
        return [name]
    index = operation.segments.index(place)
    same = [
        each
        for each in _others(operation)
        if each.method == operation.method and _form(each) == _form(operation)
    ]
    return list(dict.fromkeys(each.segments[index][1:-1] for each in (operation, *same)))


def _form(operation: Operation) -> list[str]:
    return _plain_form(operation.segments)


def _plain_form(segments: Iterable[str]) -> list[str]:
    return ["" if each.startswith("{") else each for each in segments]


def _others(operation: Operation) -> Iterable[Operation]:
    product = product_of(operation.path)
    return () if product is None else catalogue.operations(product)


def _asked_for(operation: Operation) -> list[str]:
    """Return the numbers by which an APIv3 operation finds its record."""
    if operation.protocol == "v2":  # simulated operations of APIv2 have their own state
        return []
    found = [each[1:-1] for each in operation.segments if each.startswith("{")]
    if operation.method == "GET":
        found += [each.name for each in operation.query if each.name.startswith("out_")]
    return [name for name in found if name not in NOT_CREATED]


def _may_create(other: Operation, operation: Operation) -> bool:
    """Return whether another operation may create the record of an operation: the collection's."""
    if other.method != "POST" or "{" in other.path or other.base_uri != operation.base_uri:
        return False
    if other.path == operation.path:
        return operation.method == "GET"
    return operation.path.startswith(f"{other.path}/")


@cache
def _names(operation: Operation) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of all members of an operation's request body and response."""
    return frozenset(_inner(operation.body)), frozenset(_inner(operation.response))


def _inner(members: Iterable[Member]) -> Iterator[str]:
    for member in members:
        yield member.name
        yield from _inner(member.members)


def _values(data: Any, name: str) -> Iterator[str | int]:
    """Yield the values of a member, at any depth."""
    if isinstance(data, list):
        for each in data:
            yield from _values(each, name)
    elif isinstance(data, dict):
        value = data.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, (bool, Secret)):
            yield value
        for each in data.values():
            yield from _values(each, name)


def _plain(value: Any) -> Any:
    """Return a value without the decrypted members, which are not stored."""
    if isinstance(value, dict):
        inner = {name: each for name, each in value.items() if not isinstance(each, Secret)}
        return {name: _plain(each) for name, each in inner.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
