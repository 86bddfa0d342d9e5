"""What the catalogue knows of what is shown; nothing, where it cannot be read.

What is shown decorates a result: a catalogue that is missing never hides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..catalogue import Member, Operation, Webhook
    from ..messages.request import Request

__all__ = ["members_of", "operation_of", "webhook_of"]


def operation_of(request: Request | None) -> Operation | None:
    """The operation that a request called.

    Args:
        request: of a response; None of one that is made by hand.
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
    """The members of an operation's response."""
    return operation.response if operation is not None else ()


def webhook_of(event: str, protocol: str) -> Webhook | None:
    """A notification by its type.

    Args:
        event: such as `TRANSACTION.SUCCESS`.
        protocol: `v2` or `v3`.
    """
    try:
        from .. import catalogue

        return catalogue.webhook(event, protocol) if event else None
    except (ImportError, OSError):
        return None
