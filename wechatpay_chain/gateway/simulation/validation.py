"""Is a request what its operation takes? What the catalogue says is checked.

Checked are required members, types, and the digests of uploads. Enumerations are not: the
catalogue's may lack a value that WeChat Pay takes, and a gateway that rejects what the real one
accepts would teach the wrong thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from ...catalogue import Member, Operation
from ...crypto import digest, rsa
from ...utils.exceptions import ConfigurationError, DecryptionError
from ..call import Call
from ..messages.exchange import Rejection, Secret
from ..messages.nesting import check_json
from ..store.identity import Identity

__all__ = [
    "body_members",
    "check_file",
    "decrypt",
    "masked",
    "parse",
    "validate",
    "wrong_type",
]

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
}
WITHOUT = ("sign", "nonce_str", "sign_type", "fee_type")
"""APIv2's own fields, which inspection has looked at, and one that has a default."""
DIGESTS = ("sha256", "digest", "file_digest")
SURROGATE = re.compile(r"\\u[dD][89A-Fa-f]")


def parse(body: bytes) -> dict[str, Any]:
    """The members of a JSON object; none for an empty body.

    Raises:
        Rejection: it is no JSON, or cannot be written back, as NaN or half a surrogate pair.
    """
    if not body:
        return {}
    try:
        text = body.decode()
        check_json(text)
        members = json.loads(text, parse_constant=_no_number, parse_float=_finite)
        if isinstance(members, dict):
            if SURROGATE.search(text):
                json.dumps(members, ensure_ascii=False).encode()
            return members
    except (ValueError, RecursionError):
        pass
    raise Rejection(400, "PARAM_ERROR", "the body is not a JSON object")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return number


def validate(call: Call, operation: Operation) -> None:
    """Reject what lacks a required member or has one of another type.

    Raises:
        Rejection: `PARAM_ERROR` with `field`, `value`, `issue` and `location`.
    """
    for variable in operation.variables:
        if not call.params.get(variable.name):
            raise Rejection.parameter(variable.name, "", "is empty", "path")
    as_text = operation.protocol == "v2"
    _query(operation.query, call.query, as_text=as_text)
    if operation.body_option:
        _members(body_members(operation), call.data, "", as_text=as_text)
        _alternatives(operation.body_schema or {}, call.data, "")


def body_members(operation: Operation) -> tuple[Member, ...]:
    """The members that a request's body has; of an upload, those of its `meta`."""
    if operation.body_option != "media":
        return operation.body
    for member in operation.body:
        if member.name == "meta":
            return member.members
    return tuple(member for member in operation.body if member.name != "media")


def check_file(call: Call, operation: Operation) -> None:
    """Reject an upload whose file is missing, or is not the one that its digest tells of.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    if call.file is None:
        part = next((each.name for each in operation.body if each.encoded), "file")
        raise Rejection.parameter(part, None, "is required: the form has no file")
    members = body_members(operation)
    if operation.protocol == "v2":
        _check_digest(call, "media_hash", "md5")
        return
    # That a digest is SM3 stands beside it, as the one algorithm that may be named there.
    algorithm = "sm3" if any("SM3" in str(member.enum) for member in members) else "sha256"
    for member in members:
        if member.name in DIGESTS:
            _check_digest(call, member.name, algorithm)


def _check_digest(call: Call, name: str, algorithm: str) -> None:
    given = call.data.get(name)
    if call.file is None or not isinstance(given, str):
        raise Rejection.parameter(name, given, f"must be the file's {algorithm.upper()} in hex")
    try:
        expected = digest.hexdigest(algorithm, call.file.content)
    except ConfigurationError:
        return  # this machine has no SM3, so nobody here could have made the digest either
    if given.lower() != expected:
        issue = f"is not the file's {algorithm.upper()}, which is {expected}"
        raise Rejection.parameter(name, given, issue)


def _query(members: Iterable[Member], given: Mapping[str, str], *, as_text: bool) -> None:
    for member in members:
        value = given.get(member.name)
        if value is None:
            if member.required and not (as_text and member.name in WITHOUT):
                raise Rejection.parameter(member.name, None, "is required", "query")
        elif member.type == "integer" and not _is_whole(value):
            raise Rejection.parameter(member.name, value, "must be a whole number", "query")
        elif member.type == "boolean" and value not in ("true", "false"):
            raise Rejection.parameter(member.name, value, "must be true or false", "query")


def _is_whole(text: str) -> bool:
    return text == "" or (text.isascii() and text.removeprefix("-").isdecimal())


def _members(
    members: Iterable[Member], given: Mapping[str, Any], pointer: str, *, as_text: bool
) -> None:
    for member in members:
        here = f"{pointer}/{member.name}"
        value = given.get(member.name)
        if value is None or value == "":
            needed = member.required and "$" not in member.name
            if needed and not (as_text and member.name in WITHOUT):
                raise Rejection.parameter(here, value, "is required and empty")
        elif not as_text:
            _value(member, value, here)
        elif member.type == "integer" and not (isinstance(value, str) and _is_whole(value)):
            raise Rejection.parameter(here, value, "must be a whole number")


def _alternatives(schema: Mapping[str, Any], given: Mapping[str, Any], pointer: str) -> None:
    """Reject where one of several members is enough and there is none."""
    groups = [each["required"] for each in schema.get("anyOf", ()) if "required" in each]
    if groups and not any(all(given.get(name) for name in group) for group in groups):
        others = ", ".join(" and ".join(group) for group in groups[1:])
        here = f"{pointer}/{groups[0][0]}" if pointer else groups[0][0]
        raise Rejection.parameter(here, None, f"is required, or one of {others}")


def _value(member: Member, value: Any, pointer: str) -> None:
    values = value if member.type.endswith("[]") else [value]
    if not isinstance(values, list):
        raise Rejection.parameter(pointer, masked(member, value), "must be an array")
    kind = member.item.get("type")
    for index, each in enumerate(values):
        here = f"{pointer}/{index}" if member.type.endswith("[]") else pointer
        if issue := wrong_type(member, each):
            raise Rejection.parameter(here, masked(member, each), issue)
        if kind == "object" and "properties" in member.item:
            _members(member.members, each, here, as_text=False)
            _alternatives(member.item, each, here)


def wrong_type(member: Member, value: Any) -> str:
    """What is wrong with the type of a value, or of an array's item; empty if nothing is."""
    kind = member.item.get("type")
    expected = TYPES.get(str(kind))
    wrong = expected is not None and not isinstance(value, expected)
    if wrong or (kind in ("integer", "number") and isinstance(value, bool)):
        return f"must be of type {kind}, as JSON has it"
    return ""


def masked(member: Member, value: Any) -> Any:
    """A value of the wrong type, unless it may hold what had to come encrypted."""
    return "***" if _is_sensitive(member) else value


def _is_sensitive(member: Member) -> bool:
    return bool(member.encrypted) or any(_is_sensitive(inner) for inner in member.members)


def decrypt(call: Call, operation: Operation, identity: Identity) -> None:
    """Replace what came encrypted for the platform by its plaintext, in the call itself.

    Raises:
        Rejection: a member that is not decryptable, or no header that names the key.
    """
    opener = _Opener(call.headers.get("Wechatpay-Serial", "").upper(), identity)
    if operation.body_option in ("json", "media"):
        opener.open(body_members(operation), call.data, "", "body")
    opener.open(operation.query, call.query, "", "query")


class _Opener:
    """Opens members with the key that a request names."""

    def __init__(self, serial: str, identity: Identity) -> None:
        self._serial = serial
        self._identity = identity

    def open(
        self, members: Iterable[Member], given: dict[str, Any], pointer: str, where: str
    ) -> None:
        for member in members:
            value, here = given.get(member.name), f"{pointer}/{member.name}"
            if member.encrypted == "RSAES-OAEP" and value is not None:
                given[member.name] = self._opened(value, here, where)
            elif member.type == "object" and isinstance(value, dict):
                self.open(member.members, value, here, where)
            elif member.type == "object[]" and isinstance(value, list):
                for index, each in enumerate(value):
                    if isinstance(each, dict):
                        self.open(member.members, each, f"{here}/{index}", where)

    def _opened(self, value: Any, pointer: str, where: str) -> Any:
        if isinstance(value, str) and value:
            return self._plaintext(value, pointer, where)
        if isinstance(value, list):
            return [
                self._opened(each, f"{pointer}/{index}", where) for index, each in enumerate(value)
            ]
        return value

    def _plaintext(self, value: str, pointer: str, where: str) -> Secret:
        key = self._identity.platform_keys.get(self._serial)
        if key is None:
            known = ", ".join(self._identity.platform_keys)
            raise Rejection(
                400,
                "PARAM_ERROR",
                "Wechatpay-Serial must name the key that was encrypted with",
                {
                    "field": "Wechatpay-Serial",
                    "value": self._serial[:80],
                    "issue": f"{pointer} is encrypted; known are {known}",
                    "location": "header",
                },
            )
        try:
            return Secret(rsa.decrypt(value, key))
        except DecryptionError:
            issue = "cannot be decrypted with the platform's key"
            raise Rejection.parameter(pointer, "***", issue, where) from None
