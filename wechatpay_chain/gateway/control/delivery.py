"""The direct delivery of notifications to an application."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Self

from ..notifications.in_process import Receiver

__all__ = ["Delivery"]


class Delivery:
    """Delivers notifications to an application until `close` or the end of a `with` block.

    `Gateway.deliver_to` returns it.

    Args:
        receivers: receivers of the gateway, newest first.
        receiver: the application.
    """

    def __init__(self, receivers: list[Receiver], receiver: Receiver) -> None:
        self._receivers = receivers
        self._receiver = receiver
        receivers.insert(0, receiver)

    def close(self) -> None:
        """Stop the delivery to the application. A second call has no effect."""
        with contextlib.suppress(ValueError):
            self._receivers.remove(self._receiver)
        self._receiver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
