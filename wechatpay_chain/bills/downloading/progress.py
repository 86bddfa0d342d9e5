"""Reports the progress of a download to a function of the caller."""

from __future__ import annotations

import dataclasses
import datetime
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias

from ...utils.display import printable

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .jobs import Job

__all__ = ["Progress", "Reporter", "State"]

State: TypeAlias = Literal["started", "waiting", "downloading", "done", "empty", "kept", "failed"]
FINAL = ("done", "empty", "kept", "failed")

logger = logging.getLogger("wechatpay_chain")


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a bill.

    Attributes:
        name: the name of the bill's file.
        kind: the kind of the bill.
        date: the date of the bill.
        sub_mchid: the sub-merchant of the bill, or empty.
        state: `started`, `waiting` (it is not ready), `downloading`, and finally `done`, `empty`
            (there is no bill), `kept` (it exists already) or `failed`.
        received: bytes of the file received over the network.
        size: bytes written.
        finished: number of finished bills of the download.
        total: number of all bills.
    """

    name: str
    kind: str
    date: datetime.date
    sub_mchid: str
    state: State
    received: int
    size: int
    finished: int
    total: int


class Reporter:
    """Reports progress to a function; calls do not overlap.

    Args:
        function: the caller's function, or None. Its first error is logged, and it is not called
            again.
        total: number of bills.
        lock: held during calls.
    """

    def __init__(
        self,
        function: Callable[[Progress], object] | None,
        total: int,
        lock: AbstractContextManager[object],
    ) -> None:
        self._function = function
        self._total = total
        self._lock = lock
        self._finished = 0

    def tell(self, job: Job, state: State, received: int = 0, size: int = 0) -> None:
        """Report the progress of one bill."""
        if self._function is None:
            return
        with self._lock:
            self._finished += state in FINAL
            if self._function is None:
                return
            progress = Progress(
                job.path.name,
                job.operation.kind,
                job.date,
                job.sub_mchid,
                state,
                received,
                size,
                self._finished,
                self._total,
            )
            try:
                self._function(progress)
            except Exception as error:  # noqa: BLE001 - must not stop the download
                self._function = None
                logger.warning(
                    "progress= raised %s: %s; it is not called again",
                    type(error).__name__,
                    printable(error),
                )
