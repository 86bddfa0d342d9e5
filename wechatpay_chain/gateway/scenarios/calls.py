"""Calls of operations from within the gateway, without signature, socket and encryption."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ...catalogue import Operation
from ..call import Call
from ..messages.exchange import Content
from ..server.dispatch import carry_out
from ..simulation import find
from ..simulation.validation import take_plain
from ..state import State

__all__ = ["call"]

OWN = {"mchid": "mchid", "sp_mchid": "mchid", "combine_mchid": "mchid", "mch_id": "mchid"}
OWN |= {"appid": "appid", "sp_appid": "appid", "combine_appid": "appid"}
"""Maps the members of a request that identify the merchant to their values."""


def call(
    state: State, method: str, path: str, given: Mapping[str, Any]
) -> dict[str, Any] | Content | None:
    """Call an operation for a merchant.

    Args:
        state: the state of the merchant.
        method: the HTTP method in upper case.
        path: in the form of a chain: `v3/…` or `v2/…`, with values in place of variables.
        given: the members of the body, or of the query for GET and DELETE; sensitive members in
            plaintext. The merchant's own mchid and appid are optional.

    Raises:
        Rejection: the operation rejects the call.
    """
    found = find(method, f"/{path.removeprefix('v2/').lstrip('/')}")
    operation = found.operation
    data = {**_own(state, operation), **copy.deepcopy(dict(given))}  # it is changed below
    if path.startswith("v2/"):
        data = {name: str(value) for name, value in data.items()}
    queried = method in ("GET", "DELETE")
    query = {name: str(value) for name, value in data.items()} if queried else {}
    made = Call(found.params, query, {} if queried else data, state, {}, operation)
    return carry_out(made, found, lambda: take_plain(made, operation))


def _own(state: State, operation: Operation) -> dict[str, str]:
    """Return the merchant's own numbers for the members of an operation."""
    values = {"mchid": state.mchid, "appid": state.profile.apps[0]}
    names = {member.name for member in (*operation.body, *operation.query)}
    return {name: values[kind] for name, kind in OWN.items() if name in names}
