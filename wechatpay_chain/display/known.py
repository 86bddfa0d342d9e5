"""Looks up catalogue information for a view; the result is empty if the catalogue is unavailable.

A missing catalogue must not prevent the display of a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import Member, Operation, Webhook
    from ..messages.request import Request

__all__ = ["members_of", "operation_of", "webhook_of"]


def operation_of(request: Request | None) -> Operation | None:
    """Return the operation of a request.

    Args:
        request: the request of a response; None for a manually created response.
    """
    if request is None:
        return None
    path = request.operation.lstrip("/")
    try:
        from .. import catalogue

        path = path if path[:3].lower() == "v3/" else f"v2/{path}"
        return catalogue.find(request.method, path)
    except (ImportError, OSError):
        return None


def members_of(operation: Operation | None) -> Sequence[Member]:
    """Return the members of an operation's response."""
    return operation.response if operation is not None else ()


def webhook_of(event: str, protocol: str) -> Webhook | None:
    """Return a notification by its event type.

    Args:
        event: such as `TRANSACTION.SUCCESS`.
        protocol: `v2` or `v3`.
    """
    try:
        from .. import catalogue

        return catalogue.webhook(event, protocol) if event else None
    except (ImportError, OSError):
        return None
