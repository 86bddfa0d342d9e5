"""How far a download is, told to a function of the caller's."""

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
    """How far a bill is.

    Attributes:
        name: of the bill's file.
        kind: of bill.
        date: the day that it is of.
        sub_mchid: the sub-merchant that it is of, or empty.
        state: `started`, `waiting` (it is not ready), `downloading`, and at last `done`, `empty`
            (there is no bill), `kept` (it was at hand) or `failed`.
        received: bytes of the file that came over the network.
        size: bytes that were written.
        finished: how many bills of the download are finished.
        total: how many there are.
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
    """Tells a function of progress; its calls do not overlap.

    Args:
        function: of the caller's; None is nobody. What it raises is logged once, and it is not
            called again.
        total: how many bills there are.
        lock: held while it is called.
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
        """Tell of one bill."""
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
            except Exception as error:  # noqa: BLE001 - progress is no reason to lose a bill
                self._function = None
                logger.warning(
                    "progress= raised %s: %s; it is not called again",
                    type(error).__name__,
                    printable(error),
                )
