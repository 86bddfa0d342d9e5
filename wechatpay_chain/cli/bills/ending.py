"""The end of `bills reconcile` if it could not compare anything."""

from __future__ import annotations

from ..failure import Failure

__all__ = ["CannotReconcile"]


class CannotReconcile(Failure):
    """Exit code 2; 1 means that there are differences."""

    exit_code = 2
