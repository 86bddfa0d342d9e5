"""Is a request what its operation takes? What the catalogue says is checked.

Checked are required members and types. Enumerations are not: the catalogue's may lack a value that
WeChat Pay takes, and a gateway that refuses what the real one accepts would teach the wrong thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..catalogue import Member, Operation
from ..crypto import rsa
from ..errors import DecryptionError
from .exchange import Call, Refusal
from .identity import Identity

__all__ = ["decrypt", "validate"]

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
}
WITHOUT = ("sign", "nonce_str", "sign_type")
"""APIv2's own fields: inspection has looked at them."""


def validate(call: Call, operation: Operation) -> None:
    """Refuse what lacks a required member or has one of another type.

    Raises:
        Refusal: `PARAM_ERROR` with `field`, `value`, `issue` and `location`.
    """
    for variable in operation.variables:
        if not call.params.get(variable.name):
            raise Refusal.parameter(variable.name, "", "is empty", "path")
    _query(operation.query, call.query)
    if operation.body_option in ("json", "xml"):
        as_text = operation.body_option == "xml"
        _members(operation.body, call.data, "", as_text=as_text)


def _query(members: Iterable[Member], given: Mapping[str, str]) -> None:
    for member in members:
        value = given.get(member.name)
        if value is None:
            if member.required:
                raise Refusal.parameter(member.name, None, "is required", "query")
        elif member.type == "integer" and not _is_whole(value):
            raise Refusal.parameter(member.name, value, "must be a whole number", "query")
        elif member.type == "boolean" and value not in ("true", "false"):
            raise Refusal.parameter(member.name, value, "must be true or false", "query")


def _is_whole(text: str) -> bool:
    return text == "" or (text.isascii() and text.removeprefix("-").isdecimal())


def _members(
    members: Iterable[Member], given: Mapping[str, Any], pointer: str, *, as_text: bool
) -> None:
    for member in members:
        here = f"{pointer}/{member.name}"
        value = given.get(member.name)
        if value is None or value == "":
            if member.required and "$" not in member.name and member.name not in WITHOUT:
                raise Refusal.parameter(here, value, "is required and empty")
        elif not as_text:
            _value(member, value, here)


def _value(member: Member, value: Any, pointer: str) -> None:
    values = value if member.type.endswith("[]") else [value]
    if not isinstance(values, list):
        raise Refusal.parameter(pointer, value, "must be an array")
    kind = member.item.get("type")
    for index, each in enumerate(values):
        here = f"{pointer}/{index}" if member.type.endswith("[]") else pointer
        expected = TYPES.get(str(kind))
        wrong = expected is not None and not isinstance(each, expected)
        if wrong or (kind in ("integer", "number") and isinstance(each, bool)):
            raise Refusal.parameter(here, each, f"must be of type {kind}, as JSON has it")
        if kind == "object" and "anyOf" not in member.schema:
            _members(member.members, each, here, as_text=False)


def decrypt(call: Call, operation: Operation, identity: Identity) -> None:
    """Replace what came encrypted for the platform by its plaintext, in the call itself.

    Raises:
        Refusal: a member that is not decryptable, or no header that names the key.
    """
    serial = call.headers.get("Wechatpay-Serial", "").upper()
    if operation.body_option == "json":
        _decrypt_members(operation.body, call.data, "", serial, identity)
    _decrypt_members(operation.query, call.query, "", serial, identity, location="query")


def _decrypt_members(
    members: Iterable[Member],
    given: dict[str, Any],
    pointer: str,
    serial: str,
    identity: Identity,
    location: str = "body",
) -> None:
    for member in members:
        value, here = given.get(member.name), f"{pointer}/{member.name}"
        if member.encrypted == "RSAES-OAEP" and isinstance(value, str) and value:
            given[member.name] = _plaintext(value, here, serial, identity, location)
        elif member.type == "object" and isinstance(value, dict):
            _decrypt_members(member.members, value, here, serial, identity)
        elif member.type == "object[]" and isinstance(value, list):
            for index, each in enumerate(value):
                if isinstance(each, dict):
                    _decrypt_members(member.members, each, f"{here}/{index}", serial, identity)


def _plaintext(value: str, pointer: str, serial: str, identity: Identity, location: str) -> str:
    key = identity.platform_keys.get(serial)
    if key is None:
        raise Refusal(
            400,
            "PARAM_ERROR",
            "Wechatpay-Serial must name the key that was encrypted with",
            {
                "field": "Wechatpay-Serial",
                "value": serial,
                "issue": f"{pointer} is encrypted; known are {', '.join(identity.platform_keys)}",
                "location": "header",
            },
        )
    try:
        return rsa.decrypt(value, key)
    except DecryptionError:
        raise Refusal.parameter(
            pointer, "***", "cannot be decrypted with the platform's key", location
        ) from None
