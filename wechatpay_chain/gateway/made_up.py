"""Answers of operations that are not simulated: made from their schema, and from what was sent.

The same request always gets the same answer. A member that was sent comes back as it was.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..catalogue import Member, Operation
from ..catalogue.example import scalar
from ..crypto import rsa
from .exchange import Call, Content
from .identity import Identity

__all__ = ["made_up"]

DEPTH = 6
"""How deep an answer goes; beyond that, optional members are left out."""


def made_up(call: Call, operation: Operation) -> dict[str, Any] | Content | None:
    """The answer to a call, by what the catalogue says of its operation."""
    if operation.answer_status == 302:
        return Content(status=302, headers={"Location": "https://pay.weixin.qq.com/"}, signed=False)
    if operation.answer_type in ("application/octet-stream", "text/plain"):
        return Content(b"made up by the gateway\n", operation.answer_type)
    if operation.answer_status == 204 or operation.answer_schema is None:
        return None
    seed = _seed(call, operation)
    sent = {**_flat(call.data), **call.query, **call.params}
    return _filled(operation.answer, sent, seed, call.state.identity, operation.protocol)


def _seed(call: Call, operation: Operation) -> bytes:
    left_out = ("sign", "nonce_str")
    data = {name: value for name, value in call.data.items() if name not in left_out}
    text = json.dumps([operation.id, call.params, call.query, data], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, by name, the outer members before the inner ones."""
    found = dict(data)
    for value in data.values():
        if isinstance(value, dict):
            found = {**_flat(value), **found}
    return found


def _filled(
    members: Iterable[Member],
    sent: Mapping[str, Any],
    seed: bytes,
    identity: Identity,
    protocol: str,
    depth: int = 0,
) -> dict[str, Any]:
    filled = {}
    for member in members:
        if "$" in member.name or (protocol == "v2" and member.name in ("sign", "nonce_str")):
            continue
        if depth < DEPTH or member.required:
            filled[member.name] = _value(member, sent, seed, identity, protocol, depth)
    return filled


def _value(
    member: Member,
    sent: Mapping[str, Any],
    seed: bytes,
    identity: Identity,
    protocol: str,
    depth: int,
) -> Any:
    echo = sent.get(member.name)
    if member.type.startswith("object"):
        inner = echo if isinstance(echo, dict) else {}
        value: Any = _filled(member.members, {**sent, **inner}, seed, identity, protocol, depth + 1)
        if protocol == "v2":
            return json.dumps(value, ensure_ascii=False)
    elif echo is not None and _fits(member, echo):
        value = echo
        if member.type.endswith("[]"):
            return echo
    else:
        value = _made(member, seed)
    if member.encrypted == "RSAES-OAEP" and isinstance(value, str):
        value = rsa.encrypt(value, identity.merchant_certificate)
    return [value] if member.type.endswith("[]") else value


def _fits(member: Member, echo: Any) -> bool:
    kinds: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    kind = kinds.get(member.type)
    if kind is None or isinstance(echo, bool) != (member.type == "boolean"):
        return False
    return isinstance(echo, kind)


def _made(member: Member, seed: bytes) -> Any:
    """A plausible value; identifiers differ from request to request."""
    value = scalar(member)
    if isinstance(value, str) and re.fullmatch("[A-Z0-9-]+-0001", value):
        return f"{value[:-4]}{hashlib.sha256(seed + member.name.encode()).hexdigest()[:12]}"
    return value
