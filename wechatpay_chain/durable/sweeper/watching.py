"""Checks what to watch when it is recorded, without I/O."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ...utils.display import printable, represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..operations import Find, Insert, Steps
from ..texts import is_storable
from .kinds import KINDS, interval

__all__ = ["followed", "watch", "watch_row"]

LONGEST_NUMBER = 128
PARAMETERS = frozenset(name for kind in KINDS.values() for name in kind.parameters)

logger = logging.getLogger("wechatpay_chain")


def watch_row(
    mchid: str, until: datetime | None, given: Mapping[str, Any], now: int
) -> dict[str, Any]:
    """Return the row of a watch.

    Args:
        mchid: the merchant ID.
        until: when to close an unpaid order.
        given: the number, and further parameters of the query.
        now: milliseconds.

    Raises:
        ConfigurationError: the object is not, or not completely, identified.
    """
    numbers = {kind.number: name for name, kind in KINDS.items()}
    named = [name for name in given if name in numbers]
    if len(named) != 1:
        raise ConfigurationError(
            _("expected one of {numbers}, to identify what to watch", numbers=", ".join(numbers))
        )
    number, kind = named[0], numbers[named[0]]
    parameters = {name: value for name, value in given.items() if name != number}
    wrong = sorted(parameters.keys() - set(KINDS[kind].parameters))
    if wrong:
        raise ConfigurationError(
            _("{wrong}: cannot be combined with {number}", wrong=printable(wrong[0]), number=number)
        )
    if "transaction_id" in KINDS[kind].parameters and not parameters.get("transaction_id"):
        raise ConfigurationError(
            _("transaction_id is missing: a query by {number} needs it", number=number)
        )
    for name, value in given.items():
        is_text = isinstance(value, str) and is_storable(value)
        if not (is_text and 0 < len(value) <= LONGEST_NUMBER):
            raise ConfigurationError(
                _(
                    "{name}={represented}: expected a text of 1 to {longest_number} characters",
                    name=name,
                    represented=represented(value),
                    longest_number=LONGEST_NUMBER,
                )
            )
    return {
        "mchid": mchid,
        "state": "pending",
        "attempts": 0,
        "due_at": now + interval(0) * 1000,
        "created_at": now,
        "kind": kind,
        "number": given[number],
        "parameters": json.dumps(parameters),
        "until_at": _until(until, kind),
    }


def followed(row: Mapping[str, Any], body: Any, now: int) -> dict[str, Any] | None:
    """Return the row of a watch for the object that a recorded call created, or None.

    Args:
        row: the row of the outbox.
        body: the body of the call.
        now: milliseconds.
    """
    for kind in KINDS.values():
        if kind.made and kind.made == row["path"].strip("/") and isinstance(body, Mapping):
            names = (kind.number, *kind.parameters)
            given = {name: body[name] for name in names if body.get(name)}
            try:
                return watch_row(row["mchid"], None, given, now)
            except ConfigurationError as error:  # the result is recorded in any case
                logger.warning("outbox %s is not watched: %s", row["id"], error)
    return None


def watch(row: dict[str, Any]) -> Steps[int]:
    """Record a watch; the outcome is the row's id, which may already exist."""
    id_ = yield from Insert("watch", row)
    if id_ is not None:
        return id_
    equal = {name: row[name] for name in ("mchid", "kind", "number")}
    for found in (yield from Find("watch", equal, 1)):
        return int(found["id"])
    raise ConfigurationError(
        _(
            "{row} is being recorded by another transaction that this one cannot see: commit, "
            "and read it again",
            row=row["number"],
        )
    )


def _until(until: object, kind: str) -> int | None:
    if until is None:
        return None
    if not KINDS[kind].close:
        raise ConfigurationError(_("until: a {kind} cannot be closed", kind=kind))
    if not isinstance(until, datetime) or until.tzinfo is None:
        raise ConfigurationError(
            _(
                "until={represented}: expected a datetime with a time zone, such as "
                "datetime.now(UTC) + timedelta(minutes=30)",
                represented=represented(until),
            )
        )
    return (until - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
