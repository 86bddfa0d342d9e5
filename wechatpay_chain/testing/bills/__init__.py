"""Generates bills with known differences, to test a reconciliation.

    day = generate("2026-11-25", orders=1000, refunds=0.05, seed=1, differences="every")
    paths = day.write("bills/")
    paths.trade, paths.fund_flow, paths.orders, paths.refunds      # files
    day.expected, day.differences                                  # expected findings

The same arguments give the same bytes. `days` generates consecutive days, with some orders around
midnight in the bill of an adjacent day.
"""

from __future__ import annotations

from .day import Day, Paths
from .differences import CLASSES, Difference
from .making import Options, days, generate

__all__ = ["CLASSES", "Day", "Difference", "Options", "Paths", "days", "generate"]
