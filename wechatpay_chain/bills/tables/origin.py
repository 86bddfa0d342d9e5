"""Identifies the bill of a table's rows, so that a repeated run replaces them."""

from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import N_, _
from ..file import BillFile
from ..reading import BillReader
from .sources import Bills, opened

__all__ = ["Origin", "origins"]

MERCHANT = re.compile(r"[0-9]{1,32}")
TYPE = re.compile(r"[A-Z_]{0,32}")
ONE_TYPE = ("profit_sharing", "statement")
"""Kinds with only one bill type per day."""
TOLD = N_("pass {name}=, or pass a BillFile that has it")


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """The members of `BillFile` that identify a bill."""

    kind: str
    date: datetime.date
    type: str
    mchid: str
    sub_mchid: str = ""


def origins(
    bills: Bills, *, kind: str, date: datetime.date | str | None, type_: str, mchid: str, same: bool
) -> list[tuple[Origin, BillReader[Any]]]:
    """Return each bill with its identity.

    Args:
        bills: one or several bills.
        kind: the required kind; empty accepts any.
        date: the date of bills passed as a path.
        type_: their type.
        mchid: their merchant.
        same: whether all of them must have rows of one class.

    Raises:
        BillError: a file does not begin like a bill of the kind.
        ConfigurationError: two bills are the same, or the identity of one is unknown.
    """
    found: dict[Origin, BillReader[Any]] = {}
    for bill, reader in opened(bills, kind, same=same):
        if isinstance(bill, BillFile):
            origin = Origin(reader.kind, bill.date, bill.type, bill.mchid, bill.sub_mchid)
        else:
            origin = Origin(reader.kind, _day(date), type_ or reader.type, mchid)
        _check(origin, reader.path)
        if origin in found:
            raise ConfigurationError(
                _(
                    "{path} and {path_2} are the same bill: {kind} {type} of {mchid} on {date}.",
                    path=reader.path,
                    path_2=found[origin].path,
                    kind=origin.kind,
                    type=origin.type,
                    mchid=origin.mchid,
                    date=origin.date,
                )
            )
        found[origin] = reader
    return [*found.items()]


def _day(date: datetime.date | str | None) -> datetime.date:
    if isinstance(date, datetime.datetime) or date is None:
        raise ConfigurationError(
            _("The day of the bill is unknown: {told}.", told=_(TOLD, name="date"))
        )
    try:
        return date if isinstance(date, datetime.date) else datetime.date.fromisoformat(date)
    except (TypeError, ValueError):
        raise ConfigurationError(
            _("date is {date!r}: expected a date or text such as '2026-11-25'.", date=date)
        ) from None


def _check(origin: Origin, path: str) -> None:
    missing = ""
    if not origin.kind:
        missing = "kind"
    elif not origin.mchid:
        missing = "mchid"
    elif not origin.type and origin.kind not in ONE_TYPE:
        missing = "type"
    if missing:
        raise ConfigurationError(
            _(
                "{path}: the {missing} of the bill is unknown: {told}.",
                path=path,
                missing=missing,
                told=_(TOLD, name=missing),
            )
        )
    for name, value, pattern in (
        ("mchid", origin.mchid, MERCHANT),
        ("sub_mchid", origin.sub_mchid or "0", MERCHANT),
        ("type", origin.type, TYPE),
    ):
        if not pattern.fullmatch(value):
            raise ConfigurationError(
                _(
                    "{name} is {value!r}, which is not a value of WeChat Pay.",
                    name=name,
                    value=value,
                )
            )
