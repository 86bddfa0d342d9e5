"""Bills: download them, read them as typed rows in fen, convert them to tables, and reconcile them.

    file = bills.download(wxpay, "2026-11-25", kind="trade", to="bills/")
    for row in bills.read(file):
        row.out_trade_no, row.total          # fen

Downloading and reading require only this package. Tables and reconciliation require the extra
`wechatpay-chain[bills]`, which is loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ..utils.exceptions import BillDownloadError, BillError, BillNotReady
from ..utils.translation import _
from .file import BillFile

if TYPE_CHECKING:
    from .daily import Daily as Daily
    from .downloading.api import download as download
    from .downloading.api import download_async as download_async
    from .downloading.days import bounds as bounds
    from .downloading.days import days as days
    from .downloading.progress import Progress as Progress
    from .reading import BillReader as BillReader
    from .reading import BillWarning as BillWarning
    from .reading import Summary as Summary
    from .reading import check as check
    from .reading import read as read
    from .reconciliation.balance import Balance as Balance
    from .reconciliation.dialects import sql as sql
    from .reconciliation.reconcile import reconcile as reconcile
    from .reconciliation.result import Difference as Difference
    from .reconciliation.result import Reconciliation as Reconciliation
    from .report.last import Changes as Changes
    from .rows import Extra as Extra
    from .rows import FundFlowRow as FundFlowRow
    from .rows import ProfitSharingRow as ProfitSharingRow
    from .rows import StatementRow as StatementRow
    from .rows import TradeRow as TradeRow
    from .rows import UnknownRow as UnknownRow
    from .tables import copy_to_postgresql as copy_to_postgresql
    from .tables import schema as schema
    from .tables import to_arrow as to_arrow
    from .tables import to_duckdb as to_duckdb
    from .tables import to_parquet as to_parquet
    from .tables import to_polars as to_polars

__all__ = ["BillDownloadError", "BillError", "BillFile", "BillNotReady"]

LAZY: dict[str, str] = {
    "Daily": ".daily",
    "Progress": ".downloading.progress",
    "bounds": ".downloading.days",
    "days": ".downloading.days",
    "download": ".downloading.api",
    "download_async": ".downloading.api",
    "Balance": ".reconciliation.balance",
    "Difference": ".reconciliation.result",
    "Reconciliation": ".reconciliation.result",
    "reconcile": ".reconciliation.reconcile",
    "sql": ".reconciliation.dialects",
    "Changes": ".report.last",
    "BillReader": ".reading",
    "BillWarning": ".reading",
    "Summary": ".reading",
    "check": ".reading",
    "read": ".reading",
    "Extra": ".rows",
    "FundFlowRow": ".rows",
    "ProfitSharingRow": ".rows",
    "StatementRow": ".rows",
    "TradeRow": ".rows",
    "UnknownRow": ".rows",
    "copy_to_postgresql": ".tables",
    "schema": ".tables",
    "to_arrow": ".tables",
    "to_duckdb": ".tables",
    "to_parquet": ".tables",
    "to_polars": ".tables",
}
"""Public names, and the modules from which they are imported on first use."""


def __getattr__(name: str) -> Any:
    if name in LAZY:
        return getattr(importlib.import_module(LAZY[name], __name__), name)
    raise AttributeError(
        _("module {name!r} has no attribute {name_2!r}", name=__name__, name_2=name)
    )


def __dir__() -> list[str]:
    return sorted({*__all__, *LAZY})
