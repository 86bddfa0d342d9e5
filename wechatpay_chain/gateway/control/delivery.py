"""The delivery of notifications into an application, from its start to its end."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import Self

from ..notifications.in_process import Receiver

__all__ = ["Delivery"]


class Delivery:
    """Delivers notifications to an application, until `close` or the end of a `with` block.

    Args:
        receivers: of the gateway, the newest first.
        receiver: the application.
    """

    def __init__(self, receivers: list[Receiver], receiver: Receiver) -> None:
        self._receivers = receivers
        self._receiver = receiver
        receivers.insert(0, receiver)

    def close(self) -> None:
        """Deliver no more notifications to the application; a second call does nothing."""
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
