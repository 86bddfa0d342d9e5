"""Bills with known differences: a day's files, and what a reconciliation has to find in them.

    day = generate("2026-11-25", orders=1000, refunds=0.05, seed=1, differences="every")
    paths = day.write("bills/")
    paths.trade, paths.fund_flow, paths.orders, paths.refunds      # files
    day.expected, day.differences                                  # what is to be found

The same arguments give the same bytes. `days` makes consecutive days, whose orders around
midnight are in a neighbour's bill.
"""

from __future__ import annotations

from .day import Day, Paths
from .differences import CLASSES, Difference
from .making import Options, days, generate

__all__ = ["CLASSES", "Day", "Difference", "Options", "Paths", "days", "generate"]
