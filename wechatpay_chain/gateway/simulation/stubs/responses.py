"""Stub responses of operations that are not simulated, from the schema and the request.

The same request always gets the same response. A member of the request is returned unchanged,
except that an encrypted member is returned encrypted or omitted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ....catalogue import Member, Operation
from ....catalogue.example import scalar
from ....crypto import rsa
from ....messages.statement import PATHS
from ....messages.unsigned import unsigned_v2
from ....testing.notices.content import Party
from ...call import Call
from ...messages.exchange import Content, Secret
from ...messages.responses import statement
from ...state import State
from .files import add_file
from .records import recall, remember

__all__ = ["party_of", "stub_response"]

DEPTH = 6
"""Maximum depth of optional members in a response."""
MOST = 20
"""Maximum number of items of a returned array."""
FAILURE = re.compile("(^|_)(err|error)_")
"""The names of members that only APIv2's error responses contain."""
RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\+08:00")
ROOM = 214
"""Maximum bytes that RSAES-OAEP encrypts with a key of 2048 bits."""


def stub_response(call: Call, operation: Operation) -> dict[str, Any] | Content | None:
    """Return the response to a call, as in the catalogue.

    Raises:
        Rejection: the record of the call was never created.
    """
    created = recall(call, operation)
    response = _response(call, operation, created)
    remember(call, operation, response)
    return response


def party_of(state: State) -> Party:
    """Return the merchant and its first sub-merchant, for generated values."""
    identity, sub = state.identity, next(iter(state.profile.sub_merchants.values()), None)

    def encrypt(text: str) -> str:
        return rsa.encrypt(text, identity.merchant_certificate)

    if sub is None:
        return Party(identity.mchid, identity.appid, encrypt)
    return Party(identity.mchid, identity.appid, encrypt, sub.mchid, next(iter(sub.apps), ""))


def _response(
    call: Call, operation: Operation, created: Mapping[str, Any]
) -> dict[str, Any] | Content | None:
    if operation.response_status == 302:
        return Content(status=302, headers={"Location": "https://pay.weixin.qq.com/"}, signed=False)
    if operation.response_type in ("application/octet-stream", "text/plain"):
        body = b"stub file of the gateway\n"
        if f"/{operation.path}".endswith(tuple(path.removeprefix("/hk") for path in PATHS)):
            return statement(body)
        return Content(body, operation.response_type)
    if operation.response_status == 204 or operation.response_schema is None:
        return None
    signed = f"/{operation.path.partition('/')[2]}" not in unsigned_v2
    maker = _Maker(
        _seed(call, operation),
        call,
        is_v2=operation.protocol == "v2",
        is_flat=operation.protocol == "v2" and signed,
    )
    sent = {**_flat(created), **_flat(call.data), **call.query, **call.params}
    return maker.filled(operation.response, sent)


def _seed(call: Call, operation: Operation) -> bytes:
    left_out = ("sign", "nonce_str")
    data = {name: value for name, value in call.data.items() if name not in left_out}
    query = {name: value for name, value in call.query.items() if name not in left_out}
    text = json.dumps([operation.id, call.params, query, data], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a request by name; outer members take precedence."""
    found = dict(data)
    for value in data.values():
        if isinstance(value, dict):
            found = {**_flat(value), **found}
    return found


class _Maker:
    """Generates one response.

    Args:
        seed: determines the identifiers in the response.
        call: the request.
        is_v2: whether the response is APIv2's.
        is_flat: whether the response has an APIv2 sign, so that its members cannot be nested.
    """

    def __init__(self, seed: bytes, call: Call, *, is_v2: bool, is_flat: bool) -> None:
        self._seed = seed
        self._call = call
        self._party = party_of(call.state)
        self._is_v2 = is_v2
        self._is_flat = is_flat

    def filled(
        self, members: Iterable[Member], sent: Mapping[str, Any], depth: int = 0
    ) -> dict[str, Any]:
        """Return a value for each member."""
        made = {
            member.name: self._value(member, sent, depth)
            for member in members
            if "$" not in member.name
            and not (self._is_v2 and self._is_not_ours(member.name))
            and (depth < DEPTH or member.required)
        }
        if "download_url" in made:
            add_file(made, self._call, self._seed)
        return made

    def _is_not_ours(self, name: str) -> bool:
        """Return whether the member is added by the signing, or belongs to an error response."""
        signing = ("sign", "nonce_str") if self._is_flat else ("sign",)
        return name in signing or FAILURE.search(name) is not None

    def _value(self, member: Member, sent: Mapping[str, Any], depth: int) -> Any:
        echo = sent.get(member.name)
        if self._is_v2 or not member.type.endswith("[]"):
            return self._one(member, echo, sent, depth)
        echoes = [each for each in echo if each is not None] if isinstance(echo, list) else []
        return [self._one(member, each, sent, depth) for each in echoes[:MOST] or [None]]

    def _one(self, member: Member, echo: Any, sent: Mapping[str, Any], depth: int) -> Any:
        if member.type.startswith("object"):
            inner = echo if isinstance(echo, dict) else {}
            value: Any = self.filled(member.members, {**sent, **inner}, depth + 1)
            return json.dumps(value, ensure_ascii=False) if self._is_flat else value
        if self._is_v2 and member.name in ("return_code", "result_code"):
            return "SUCCESS"
        value = self._echoed(member, echo)
        if value is None:
            value = self._made(member)
        if member.encrypted == "RSAES-OAEP":
            return self._party.encrypt(str(value))
        return value

    def _echoed(self, member: Member, echo: Any) -> Any:
        """Return the request's value if it is valid for the member; otherwise None."""
        if isinstance(echo, Secret) and not member.encrypted:
            return None
        if member.encrypted and not (isinstance(echo, str) and len(echo.encode()) <= ROOM):
            return None
        value = _converted(echo, member.type.removesuffix("[]"))
        if member.encoded or (member.enum and value not in member.enum):
            return None
        return value

    def _made(self, member: Member) -> Any:
        """Return a plausible value; identifiers depend on the request."""
        if own := self._party.own(member.name):
            return int(own) if member.type.startswith("integer") else own
        value = scalar(member)
        if self._is_v2 and isinstance(value, str):
            value = RFC3339.sub(r"\1 \2", value)
        if isinstance(value, str) and re.fullmatch("[A-Z0-9-]+-0001", value):
            tail = hashlib.sha256(self._seed + member.name.encode()).hexdigest()[:12]
            return f"{value[:-4]}{tail}"
        return value


def _converted(echo: Any, kind: str) -> Any:
    """Convert a request's value to a type; None if that is impossible."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(echo) if isinstance(echo, str) else _bool(echo)
    if isinstance(echo, bool):
        return None
    if kind == "string":
        return echo or None if isinstance(echo, str) else None
    if kind == "integer" and isinstance(echo, str):
        return int(echo) if re.fullmatch("-?[0-9]{1,18}", echo) else None
    kinds: dict[str, Any] = {"integer": int, "number": (int, float)}
    return echo if kind in kinds and isinstance(echo, kinds[kind]) else None


def _bool(echo: Any) -> bool | None:
    return echo if isinstance(echo, bool) else None
