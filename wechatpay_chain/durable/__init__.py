"""Durable processing of notifications and calls, in the database that your program already uses.

    inbox = Inbox(engine, wxpay)

    @inbox.on("TRANSACTION.SUCCESS", key="out_trade_no")
    def paid(notice, session): ...

    reply = inbox.receive(headers, body)   # verified, stored, committed; then 204
    inbox.run()                            # in a worker: each handler in one transaction

SQLAlchemy is loaded with the first engine, or with `create_tables` and `metadata`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..utils.translation import _
from .background import Runs, running, running_async, work_off
from .inbox import Inbox, Notice
from .outbox import Outbox, Result
from .sweeper import End, Sweeper

if TYPE_CHECKING:
    from .databases.schema import create_tables, create_tables_async
    from .databases.tables import metadata

__all__ = [
    "End",
    "Inbox",
    "Notice",
    "Outbox",
    "Result",
    "Runs",
    "Sweeper",
    "create_tables",
    "create_tables_async",
    "metadata",
    "running",
    "running_async",
    "work_off",
]


def __getattr__(name: str) -> Any:
    if name in ("create_tables", "create_tables_async"):
        from .databases import schema

        return getattr(schema, name)
    if name == "metadata":
        from .databases.tables import metadata

        return metadata
    raise AttributeError(
        _("module {name!r} has no attribute {name_2!r}", name=__name__, name_2=name)
    )
