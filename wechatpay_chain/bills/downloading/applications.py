"""Parses WeChat Pay's response to an application for a bill: its files and their digests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import APIError
from ...messages.authority import begins_with_scheme
from ...utils.display import represented
from ...utils.exceptions import BillError
from ...utils.translation import _
from .kinds import Form, Operation

__all__ = ["Part", "is_creating", "is_nothing", "parts"]

SHA1 = re.compile("[0-9a-fA-F]{40}")
NONCE_BYTES = range(8, 129)
LONGEST_URL = 4096
MOST = 1000
"""Maximum number of parts of a bill; each has about 16 GB."""

NOTHING = frozenset({"NO_STATEMENT_EXIST", "NO_BILL_EXIST"})
CREATING = frozenset({"STATEMENT_CREATING", "BILL_CREATING"})
V2_NOTHING, V2_CREATING = "no bill exist", "bill creating"
"""APIv2's `error_code` is 20002 for both."""


class Part(NamedTuple):
    """One file of a bill.

    Attributes:
        url: its address.
        sha1: the hex SHA-1 of the plain file.
        encrypt_key: its AES key, encrypted for the merchant's certificate; empty for a plain file.
        nonce: the nonce of the encryption.
    """

    url: str
    sha1: str
    encrypt_key: str = ""
    nonce: str = ""


def is_nothing(error: APIError, operation: Operation) -> bool:
    """Return whether an error means that there is no bill; an APIv3 error must be signed."""
    if operation.api == "v2":
        return error.code in NOTHING or error.message.strip().lower() == V2_NOTHING
    return error.code in NOTHING and error.verified


def is_creating(error: APIError) -> bool:
    """Return whether an error means that the bill is not ready yet."""
    return error.code in CREATING or error.message.strip().lower() == V2_CREATING


def parts(members: Any, form: Form) -> tuple[Part, ...]:
    """Return the files of a bill, in order; empty if there are none.

    Args:
        members: the response's JSON members.
        form: the form of the bill.

    Raises:
        BillError: a member is missing, has another form, or names a digest other than SHA-1; or a
            part is missing or repeated.
    """
    if form is Form.ADDRESS:
        return (_part(members, encrypted=False),)
    listed = _member(members, "download_bill_list", list, absent=[])
    count = _member(members, "download_bill_count", int)
    if count != len(listed) or count > MOST:
        raise BillError(
            _(
                "the response lists {count} parts of the bill, but its download_bill_count is "
                "{count_2}",
                count=len(listed),
                count_2=count,
            )
        )
    numbered = {_member(each, "bill_sequence", int): each for each in listed}
    if sorted(numbered) != list(range(1, count + 1)):
        numbers = [each["bill_sequence"] for each in listed]
        raise BillError(
            _(
                "the parts of the bill have bill_sequence {represented}: expected each of 1 to "
                "{count} once",
                represented=represented(numbers),
                count=count,
            )
        )
    return tuple(_part(numbered[number], encrypted=True) for number in sorted(numbered))


def _part(members: Any, *, encrypted: bool) -> Part:
    kind = _member(members, "hash_type", str)
    if kind.upper() != "SHA1":
        raise BillError(
            _(
                "the bill's hash_type is {represented}, but only SHA1 is supported: the file "
                "cannot be checked and is not downloaded",
                represented=represented(kind),
            )
        )
    sha1 = _member(members, "hash_value", str)
    if not SHA1.fullmatch(sha1):
        raise BillError(
            _(
                "the bill's hash_value is {represented}: expected 40 hexadecimal digits",
                represented=represented(sha1),
            )
        )
    url = _member(members, "download_url", str)
    if not begins_with_scheme(url) or len(url) > LONGEST_URL:
        raise BillError(_("the bill's download_url is not an absolute URL"))
    if not encrypted:
        return Part(url, sha1.lower())
    nonce = _member(members, "nonce", str)
    if len(nonce.encode("utf-8", "replace")) not in NONCE_BYTES:
        raise BillError(
            _("the bill's nonce has {count} characters: expected 12 or 16", count=len(nonce))
        )
    return Part(url, sha1.lower(), _member(members, "encrypt_key", str), nonce)


def _member(members: Any, name: str, kind: type, absent: Any = None) -> Any:
    if isinstance(members, Mapping):
        value = members.get(name)
        if value is None and absent is not None:
            return absent
        if type(value) is kind:
            return value
    raise BillError(
        _(
            "the response to the bill request has no {name}, or its type is not {type}",
            name=name,
            type=kind.__name__,
        )
    )
