"""Validation of requests against the catalogue.

Required members, types, and the digests of uploads are checked. Enumerations are not: the
catalogue's may lack a value that WeChat Pay accepts, and a gateway that rejects valid requests
would mislead its users.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any, NoReturn

from ...catalogue import Member, Operation
from ...catalogue.requests.checking import (
    Finding,
    Kind,
    Rules,
    check_body,
    check_members,
    check_query,
    is_sensitive,
    request_members,
)
from ...crypto import digest, rsa
from ...utils.exceptions import ConfigurationError, DecryptionError
from ..call import Call
from ..messages.exchange import Rejection
from ..messages.nesting import check_json
from ..messages.request_id import EXTRA_MEMBER, OUT_OF_RANGE, TOO_LONG, TOO_SHORT, WRONG_VALUE
from ..state import State

__all__ = [
    "check_file",
    "decrypt",
    "json_of",
    "parse",
    "parse_member",
    "reject",
    "take_plain",
    "validate",
]

RULES = Rules(unknown=False, limits=False, enums=False, encoded=False)
NUMBERS: dict[Kind, int] = {
    "unknown": EXTRA_MEMBER,
    "too_long": TOO_LONG,
    "too_short": TOO_SHORT,
    "range": OUT_OF_RANGE,
    "items": OUT_OF_RANGE,
}
"""WeChat Pay's error number of each kind of finding; `WRONG_VALUE` for all others."""
DIGESTS = ("sha256", "digest", "file_digest")
SURROGATE = re.compile(r"\\u[dD][89A-Fa-f]")


def parse(body: bytes) -> dict[str, Any]:
    """Parse a JSON object; return no members for an empty body.

    Raises:
        Rejection: the body is no JSON, or contains NaN or half a surrogate pair.
    """
    if not body:
        return {}
    try:
        members = _loads(body.decode())
        if isinstance(members, dict):
            return members
    except (ValueError, RecursionError):
        pass
    raise Rejection(400, "PARAM_ERROR", "the body is not a JSON object")


def _loads(text: str) -> Any:
    check_json(text)
    value = _decode(text)
    if SURROGATE.search(text):
        json.dumps(value, ensure_ascii=False).encode()
    return value


def json_of(text: str) -> Any:
    """Parse a text as JSON; return None if it is invalid."""
    try:
        return _loads(text)
    except (ValueError, RecursionError):
        return None


def parse_member(call: Call, name: str) -> dict[str, Any]:
    """Parse and validate an APIv2 member that contains JSON.

    An array replaces the only member of an object, as in some of WeChat Pay's documents.

    Args:
        call: the request.
        name: the name of a member in the catalogue.

    Raises:
        Rejection: the text is no JSON, or does not match the operation.
    """
    operation, text = call.operation, call.data.get(name)
    member = next(each for each in operation.body if each.name == name) if operation else None
    given = json_of(text) if isinstance(text, str) else None
    if member is not None and isinstance(given, list) and len(member.members) == 1:
        given = {member.members[0].name: given}
    if not isinstance(given, dict):
        raise Rejection.parameter(name, text if isinstance(text, str) else None, "must be JSON")
    if member is not None:
        reject(check_members(member.members, given, f"/{name}", RULES))
    return given


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return number


_decode = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite).decode
"""Decodes like `json.loads`, which creates a decoder in every call."""


def validate(call: Call, operation: Operation, optional: Collection[str] = ()) -> None:
    """Reject a request that lacks a required member or has one of the wrong type.

    Args:
        call: the request.
        operation: the operation of the request.
        optional: JSON pointers of members that can be omitted despite the catalogue.

    Raises:
        Rejection: `PARAM_ERROR` with `field`, `value`, `issue` and `location`.
    """
    for variable in operation.variables:
        if not call.params.get(variable.name):
            raise Rejection.parameter(variable.name, "", "is empty", "path")
    rules = RULES._replace(optional=optional) if optional else RULES
    reject(check_query(operation, call.query, rules), "query")
    if operation.body_option:
        reject(check_body(operation, call.data, rules))


def reject(findings: Iterable[Finding], location: str = "body") -> None:
    """Reject a request for the first of its findings; no effect if there is none.

    Args:
        findings: from `catalogue.requests.checking`.
        location: the part of the request that was checked.

    Raises:
        Rejection: `PARAM_ERROR` with `field`, `value`, `issue` and `location`.
    """
    for finding in findings:
        number = NUMBERS.get(finding.kind, WRONG_VALUE)
        value = "***" if finding.member and is_sensitive(finding.member) else finding.value
        raise Rejection.parameter(finding.pointer, value, finding.issue, location, number)


def check_file(call: Call, operation: Operation) -> None:
    """Reject an upload if its file is missing or does not match its digest.

    Raises:
        Rejection: `PARAM_ERROR`.
    """
    if call.file is None:
        part = next((each.name for each in operation.body if each.encoded), "file")
        raise Rejection.parameter(part, None, "is required: the form has no file")
    members = request_members(operation)
    if operation.protocol == "v2":
        _check_digest(call, "media_hash", "md5")
        return
    # The catalogue shows SM3 as the only value of the member that names the algorithm.
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
        return  # this machine has no SM3, so the digest cannot be checked
    if given.lower() != expected:
        issue = f"is not the file's {algorithm.upper()}, which is {expected}"
        raise Rejection.parameter(name, given, issue)


def decrypt(call: Call, operation: Operation) -> None:
    """Decrypt the sensitive members of a call in place.

    Raises:
        Rejection: a member cannot be decrypted, or the header with the key's serial is missing.
    """
    serial = call.headers.get("Wechatpay-Serial", "").upper()
    _open(call, operation, _Opener(partial(_plaintext, serial, call.state)))


def take_plain(call: Call, operation: Operation) -> None:
    """Mask the sensitive members of a plaintext call in place."""
    _open(call, operation, _Opener(lambda value, *_: call.state.secret(value)))


def _open(call: Call, operation: Operation, opener: _Opener) -> None:
    if operation.body_option in ("json", "media"):
        opener.open(request_members(operation), call.data, "", "body")
    opener.open(operation.query, call.query, "", "query")


class _Opener:
    """Decrypts the encrypted members of a request.

    Args:
        plaintext: converts a value; the other arguments are its pointer and its location.
    """

    def __init__(self, plaintext: Callable[[str, str, str], str]) -> None:
        self._plaintext = plaintext

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


def _plaintext(serial: str, state: State, value: str, pointer: str, where: str) -> str:
    key = state.identity.platform_keys.get(serial)
    if key is None:
        known = ", ".join(state.identity.platform_keys)
        raise Rejection(
            400,
            "PARAM_ERROR",
            "Wechatpay-Serial must name the key that was encrypted with",
            {
                "field": "Wechatpay-Serial",
                "value": serial[:80],
                "issue": f"{pointer} is encrypted; known are {known}",
                "location": "header",
            },
        )
    try:
        return state.secret(rsa.decrypt(value, key))
    except DecryptionError:
        issue = "cannot be decrypted with the platform's key"
        raise Rejection.parameter(pointer, "***", issue, where) from None
