"""The rows of bills: a frozen class for each kind of bill."""

from __future__ import annotations

from typing import TypeAlias

from .extra import Extra
from .fund_flow import FundFlowRow
from .profit_sharing import ProfitSharingRow
from .statement import StatementRow
from .trade import TradeRow
from .unknown import UnknownRow

__all__ = [
    "ROWS",
    "Extra",
    "FundFlowRow",
    "ProfitSharingRow",
    "Row",
    "StatementRow",
    "TradeRow",
    "UnknownRow",
]

Row: TypeAlias = TradeRow | FundFlowRow | StatementRow | ProfitSharingRow | UnknownRow
"""A row of any bill."""

ROWS: dict[str, type[Row]] = {
    "trade": TradeRow,
    "fund_flow": FundFlowRow,
    "statement": StatementRow,
    "profit_sharing": ProfitSharingRow,
}
"""The row class of each kind; for an unknown form, it is `UnknownRow`."""
