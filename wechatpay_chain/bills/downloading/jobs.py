"""One bill to download: its identity, its file name, and its request."""

from __future__ import annotations

import dataclasses
import datetime
import re
from pathlib import Path
from typing import Any, NamedTuple

from ...messages.authority import split
from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..file import BillFile
from .kinds import Form, Operation, SubMerchant

__all__ = ["Asked", "Job", "assert_caller", "is_direct", "sub_mchid_of", "type_of"]

NUMBER = re.compile("[0-9]{1,32}")
OWN_NUMBER = re.compile("[0-9A-Za-z_-]{1,32}")
APPID = re.compile("[0-9A-Za-z_-]{1,32}")
GLOBAL = "https://apihk.mch.weixin.qq.com/"
HONG_KONG = "hk/"
MAINLAND = ("api.mch.weixin.qq.com", "api2.mch.weixin.qq.com")


class Asked(NamedTuple):
    """A call of a client."""

    method: str
    path: str
    options: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """One bill to download.

    Attributes:
        operation: the operation that returns it.
        date: the day.
        type: WeChat Pay's type; empty if the kind has only one.
        mchid: the requesting merchant.
        sub_mchid: the sub-merchant; empty for the merchant's own bill, or that of all.
        folder: the destination folder.
        appid: the appid for APIv2.
        institution: whether it is the statement of an institution.
    """

    operation: Operation
    date: datetime.date
    type: str
    mchid: str
    sub_mchid: str
    folder: Path
    appid: str = ""
    institution: bool = False

    @property
    def stem(self) -> str:
        """The file name without its suffix, made of words, digits and hyphens."""
        of = self.operation
        api = "" if of.api == "v3" else of.api
        parts = (of.kind, api, self.type, self.mchid, self.sub_mchid, self.date.isoformat())
        return "-".join(filter(None, parts))

    @property
    def path(self) -> Path:
        """The path of the bill."""
        return self.folder / f"{self.stem}.csv"

    def file(self, sha1: str, *, empty: bool = False) -> BillFile:
        """Return the bill on disk."""
        return BillFile(
            path=self.path,
            kind=self.operation.kind,
            date=self.date,
            type=self.type,
            mchid=self.mchid,
            sub_mchid=self.sub_mchid,
            empty=empty,
            sha1=sha1,
        )

    def asked(self, base_uri: str) -> Asked:
        """Return the call that requests the bill.

        Args:
            base_uri: the client's base URI.
        """
        of = self.operation
        if of.kind == "statement":
            return self._statement(base_uri)
        if of.api == "v2":
            return self._by_v2()
        query = {"bill_date": self.date.isoformat(), **of.fixed}
        options: dict[str, Any] = {"query": query}
        if self.sub_mchid:
            query["sub_mchid"] = self.sub_mchid
        if f"{{{of.type_parameter}}}" in of.path:
            options[of.type_parameter] = self.type
        elif self.type:
            query[of.type_parameter] = self.type
        return Asked("GET", of.path, options)

    def _by_v2(self) -> Asked:
        of = self.operation
        xml = {
            "appid": self.appid,
            "mch_id": self.mchid,
            "bill_date": f"{self.date:%Y%m%d}",
            # APIv2 writes account types in mixed case
            of.type_parameter: self.type if of.kind == "trade" else self.type.capitalize(),
            **of.fixed,
        }
        if self.sub_mchid:
            xml["sub_mch_id"] = self.sub_mchid
        options: dict[str, Any] = {"xml": xml}
        if of.kind == "fund_flow":
            options["security"] = True
        return Asked("POST", of.path, options)

    def _statement(self, base_uri: str) -> Asked:
        query = {"date": f"{self.date:%Y%m%d}"}
        if self.institution or self.sub_mchid:
            query["sp_mchid"] = self.mchid
        else:
            query["mchid"] = self.mchid
        if self.sub_mchid:
            query["sub_mchid"] = self.sub_mchid
        options: dict[str, Any] = {"query": query, "headers": {"Accept-Encoding": "gzip"}}
        origin, base_path = split(base_uri, "base_uri")
        path = self.operation.path
        if self.operation.api == "global" and origin.host in MAINLAND:
            options["base_uri"] = GLOBAL
        elif path.startswith(HONG_KONG) and base_path.strip("/") == HONG_KONG.strip("/"):
            path = path.removeprefix(HONG_KONG)
        return Asked("GET", path, options)


def type_of(given: str | None, operation: Operation) -> str:
    """Return the type of an operation's bills, by default the first.

    Raises:
        ConfigurationError: the operation does not have the type.
    """
    if given is None:
        return operation.types[0] if operation.types else ""
    if given in operation.types:
        return given
    expected = f"one of {', '.join(operation.types)}" if operation.types else "none"
    raise ConfigurationError(
        _(
            "type={represented}: for bills of kind {kind!r}, expected {expected}",
            represented=represented(given),
            kind=operation.kind,
            expected=expected,
        )
    )


def sub_mchid_of(given: object, operation: Operation) -> str:
    """Check a sub-merchant ID; empty if there is none.

    Raises:
        ConfigurationError: it is not a number, or the operation does not take one, or requires one.
    """
    if given is None:
        if operation.sub_mchid is SubMerchant.REQUIRED:
            raise ConfigurationError(
                _(
                    "sub_mchid is missing: a bill of kind {kind!r} belongs to one sub-merchant",
                    kind=operation.kind,
                )
            )
        return ""
    if not (isinstance(given, str) and NUMBER.fullmatch(given)):
        raise ConfigurationError(
            _(
                "sub_mchid={represented}: expected up to 32 digits, such as '1900000209'",
                represented=represented(given),
            )
        )
    if operation.sub_mchid is SubMerchant.NONE:
        raise ConfigurationError(
            _(
                "sub_mchid={given!r}: bills of kind {kind!r} from {api} are not limited to one "
                "sub-merchant; leave sub_mchid out",
                given=given,
                kind=operation.kind,
                api=operation.api,
            )
        )
    return given


def assert_caller(mchid: str, appid: str, institution: bool, operation: Operation) -> None:
    """Check that the merchant can call an operation.

    Raises:
        ConfigurationError: the merchant ID cannot be part of a file name, or an argument does
            not fit the operation.
    """
    if not OWN_NUMBER.fullmatch(mchid):
        raise ConfigurationError(
            _(
                "the client's mchid {represented} cannot be part of a file name: expected up to "
                "32 digits",
                represented=represented(mchid),
            )
        )
    if operation.api == "v2" and not (isinstance(appid, str) and APPID.fullmatch(appid)):
        raise ConfigurationError(
            _(
                "appid={represented}: APIv2 needs an appid of the merchant, such as "
                "'wxd678efh567hg6787'",
                represented=represented(appid),
            )
        )
    if institution and operation.kind != "statement":
        raise ConfigurationError(_("institution=True is only for kind='statement'"))


def is_direct(operation: Operation) -> bool:
    """Return whether the response itself is the file."""
    return operation.form is Form.FILE
