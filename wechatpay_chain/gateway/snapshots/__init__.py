"""Snapshots of the state of a gateway, taken and restored in milliseconds."""

from __future__ import annotations

from .restoring import restore, restored, take
from .snapshot import Snapshot, SnapshotError

__all__ = ["Snapshot", "SnapshotError", "restore", "restored", "take"]
