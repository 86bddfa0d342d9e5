"""The bills of a day: a list, files and tables."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable
from typing import Any, NamedTuple

from aiohttp import web

from ....utils.display import represented
from ....utils.translation import _
from ...control.controls import Controls
from ...control.handlers import json_response, local
from ...server.access.origins import SAFE
from ...simulation.bills import downloads, filled
from ...simulation.bills.filled import LargeBill
from ...state import State
from .scope import Scope, limit_of, scope_of

__all__ = ["routes", "table"]

ROWS = 200
"""Default number of rows of a table."""


class Bill(NamedTuple):
    """A bill in the console.

    Attributes:
        made: the kind of bill.
        kind: the type of the bill, or the account.
    """

    made: downloads.Kind
    kind: str = ""


BILLS = {
    "trade-ALL": Bill(downloads.TRADE, "ALL"),
    "trade-SUCCESS": Bill(downloads.TRADE, "SUCCESS"),
    "trade-REFUND": Bill(downloads.TRADE, "REFUND"),
    "fundflow-BASIC": Bill(downloads.FUND_FLOW, "BASIC"),
    "fundflow-OPERATION": Bill(downloads.FUND_FLOW, "OPERATION"),
    "fundflow-FEES": Bill(downloads.FUND_FLOW, "FEES"),
    "profitsharing": Bill(downloads.SHARING),
}


def routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the routes of bills."""
    bills = _Bills(gateway)
    return [
        web.get("/_gateway/console/bills", local(bills.all)),
        web.get("/_gateway/console/bills/{name}", local(bills.table)),
        web.get("/_gateway/console/bills/{name}/file", local(bills.file)),
    ]


class _Bills:
    """The handlers."""

    def __init__(self, gateway: Controls) -> None:
        self._gateway = gateway

    async def all(self, request: web.Request) -> web.StreamResponse:
        """Return the bills of `?day=` (by default, today); empty for a day without entries."""
        scope, day = self._asked(request)
        state, days = scope.state, scope.state.ledger.days()
        is_there = day in days or filled.is_filled(state, day)
        return json_response(
            {
                "mchid": state.mchid,
                "day": day,
                "today": state.clock.date(),
                "days": days[::-1],
                "bills": list(BILLS) if is_there else [],
            }
        )

    async def table(self, request: web.Request) -> web.StreamResponse:
        """Return a bill's columns, its first rows and its summary."""
        made = await self._made(request)
        # In a thread, like the creation of the bill: that of a filled day can have millions of
        # rows.
        return json_response(await asyncio.to_thread(_table_of, made, limit_of(request, ROWS)))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Return a bill as a file."""
        made = await self._made(request)
        scope, day = self._asked(request)
        name = f"{scope.state.mchid}-{day}-{request.match_info['name']}.csv"
        attachment = f'attachment; filename="{name}"'
        headers = {**SAFE, "Content-Disposition": attachment, "Content-Type": "text/csv"}
        if isinstance(made, LargeBill):
            return web.FileResponse(made.path, headers=headers)
        return web.Response(body=made.encode(), headers=headers)

    async def _made(self, request: web.Request) -> str | LargeBill:
        """Return the bill of a request.

        Raises:
            LookupError: there is no such bill of the day.
        """
        scope, day = self._asked(request)
        name = request.match_info["name"]
        bill, state = BILLS.get(name), scope.state
        if bill is not None and day <= state.clock.date():
            made = await asyncio.to_thread(_read, state, bill, day, scope.sub_mchid)
            if made is not None:
                return made
        raise LookupError(
            _("this gateway has no bill {name} for {day}", name=represented(name), day=day)
        )

    def _asked(self, request: web.Request) -> tuple[Scope, str]:
        """Return the owner and the day of the requested bill.

        Raises:
            ValueError: `day` is invalid.
        """
        scope = scope_of(self._gateway, request)
        day = request.query.get("day") or scope.state.clock.date()
        return scope, datetime.date.fromisoformat(day).isoformat()


def _read(state: State, bill: Bill, day: str, sub_mchid: str) -> str | LargeBill | None:
    with state.store.transaction():
        return downloads.made_of(state, bill.made, day, bill.kind, sub_mchid)


def _table_of(made: str | LargeBill, limit: int) -> dict[str, Any]:
    if isinstance(made, LargeBill):
        with made.path.open(encoding="utf-8-sig") as lines:
            return table(lines, limit)
    return table(made.split("\n")[:-1], limit)


def table(lines: Iterable[str], limit: int) -> dict[str, Any]:
    """Return a bill as a table.

    Args:
        lines: the lines of the bill: columns, rows, columns of the summary, and its row.
        limit: maximum number of rows to return; the others are only counted.
    """
    headers: list[list[str]] = []
    rows: list[list[str]] = []
    totals: list[str] = []
    count = 0
    for each in lines:
        text = each.rstrip("\r\n")
        if not text.startswith("`"):
            headers.append(text.split(","))
        elif len(headers) > 1:
            totals = _cells(text)
        else:
            count += 1
            if len(rows) < limit:
                rows.append(_cells(text))
    columns, summary = (*headers, [], [])[:2]
    return {
        "columns": columns,
        "rows": rows,
        "count": count,
        "summary": [list(pair) for pair in zip(summary, totals, strict=False)],
    }


def _cells(text: str) -> list[str]:
    return text[1:].split(",`")
