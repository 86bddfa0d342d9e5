"""The strict parser of bills: bytes to typed rows, verified by the summary line."""

from __future__ import annotations

from .faults import BillWarning
from .reader import BillReader, check, read
from .summary import Summary

__all__ = ["BillReader", "BillWarning", "Summary", "check", "read"]
