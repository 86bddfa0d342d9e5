"""Scenarios: merchants, orders, refunds, transfers, complaints, faults and time as a file.

`schema.json` describes the format. A file is read, validated, and loaded in one transaction.
"""

from __future__ import annotations

from .documents import Document, ScenarioError
from .loading import load
from .reading import read
from .validation import check

__all__ = ["Document", "ScenarioError", "check", "load", "read"]
