"""Two times: the real one, which signatures go by, and the gateway's own, which can be moved.

Orders expire and notifications are repeated by the gateway's time. It runs `scale` times as fast as
the real one, and `advance` moves it on at once. Signatures are always checked by real time: a
client's clock does not move with the gateway's.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

__all__ = ["Clock"]

LAST = datetime.datetime(9000, 1, 1, tzinfo=datetime.UTC).timestamp()
DIGITS = str.maketrans("", "", "-T:")
CHINA = datetime.timezone(datetime.timedelta(hours=8))


class Clock:
    """The gateway's time.

    Args:
        scale: seconds that pass here in one real second.
        offset: seconds by which it is ahead at its start.
        real: the real time in seconds since 1970.

    Raises:
        ValueError: time does not pass, or backwards.
    """

    def __init__(
        self, scale: float = 1, offset: float = 0, real: Callable[[], float] = time.time
    ) -> None:
        if not 0 < scale < float("inf"):
            raise ValueError(f"time_scale {scale}: a number above 0 is expected")
        self.scale = scale
        self._real = real
        self._start = real()
        self._offset = offset
        self._held: float | None = None

    @property
    def offset(self) -> float:
        """Seconds by which this time is ahead of the real one."""
        return self.now() - self._real()

    def now(self) -> float:
        """Seconds since 1970 by the gateway's time."""
        if self._held is not None:
            return self._held
        return self._start + (self._real() - self._start) * self.scale + self._offset

    def advance(self, seconds: float) -> None:
        """Move on at once.

        Raises:
            ValueError: backwards, or beyond what a calendar has.
        """
        if seconds < 0:
            raise ValueError(f"time cannot be moved back: {seconds} seconds")
        if not self.now() + seconds < LAST:
            raise ValueError(f"time cannot be moved on by {seconds} seconds")
        self._offset += seconds

    def hold(self, moment: float) -> None:
        """Stand still at a moment, until `turn_to`.

        Args:
            moment: seconds since 1970.
        """
        self._held = moment

    def turn_to(self, moment: float) -> None:
        """Go on from a moment, which may be an earlier one.

        Args:
            moment: seconds since 1970.
        """
        self._held = None
        self._offset += moment - self.now()

    def until(self, moment: float) -> float:
        """Real seconds until a moment of this time; 0 if it has passed."""
        return max(0.0, (moment - self.now()) / self.scale)

    def rfc3339(self, moment: float | None = None) -> str:
        """A moment, or now, as APIv3 writes it: `2026-11-20T13:29:35+08:00`."""
        return self._local(moment).isoformat(timespec="seconds")

    def spaced(self, moment: float | None = None) -> str:
        """A moment, or now, as older parts of APIv2 write it: `2026-11-20 13:29:35`."""
        return self._local(moment).strftime("%Y-%m-%d %H:%M:%S")

    def compact(self, moment: float | None = None) -> str:
        """A moment, or now, as APIv2 writes it: `20261120132935`, Beijing time."""
        return self._local(moment).isoformat(timespec="seconds")[:19].translate(DIGITS)

    def date(self, moment: float | None = None) -> str:
        """The day in Beijing: `2026-11-20`."""
        return self._local(moment).date().isoformat()

    def _local(self, moment: float | None) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.now() if moment is None else moment, CHINA)
