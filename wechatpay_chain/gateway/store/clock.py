"""The gateway's clock, which can be moved; signatures always use real time.

The expiry of orders and the retries of notifications use the gateway's time. It runs `scale` times
as fast as real time, and `advance` moves it forward. The verification of signatures uses real time,
because a client's clock does not move with the gateway's.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from ...utils.translation import _

__all__ = ["Clock"]

LAST = datetime.datetime(9000, 1, 1, tzinfo=datetime.UTC).timestamp()
DIGITS = str.maketrans("", "", "-T:")
CHINA = datetime.timezone(datetime.timedelta(hours=8))


class Clock:
    """The gateway's clock.

    Args:
        scale: speed relative to real time.
        offset: seconds by which it is ahead at the start.
        real: returns real time in seconds since 1970.

    Raises:
        ValueError: `scale` is not a positive finite number.
    """

    def __init__(
        self, scale: float = 1, offset: float = 0, real: Callable[[], float] = time.time
    ) -> None:
        if not 0 < scale < float("inf"):
            raise ValueError(_("time_scale {value}: expected a number above 0", value=scale))
        self.scale = scale
        self._real = real
        self._start = real()
        self._offset = offset
        self._held: float | None = None

    @property
    def offset(self) -> float:
        """Seconds by which the clock is ahead of real time."""
        return self.now() - self._real()

    def now(self) -> float:
        """Return seconds since 1970 in the gateway's time."""
        if self._held is not None:
            return self._held
        return self._start + (self._real() - self._start) * self.scale + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            ValueError: the time is negative, or beyond the calendar.
        """
        if seconds < 0:
            raise ValueError(_("time cannot be moved back: {seconds} seconds", seconds=seconds))
        if not self.now() + seconds < LAST:
            raise ValueError(
                _("time cannot be moved forward by {seconds} seconds", seconds=seconds)
            )
        self._offset += seconds

    def hold(self, moment: float) -> None:
        """Stop the clock at a moment until `turn_to`.

        Args:
            moment: seconds since 1970.
        """
        self._held = moment

    def turn_to(self, moment: float) -> None:
        """Continue from a moment, which can be in the past.

        Args:
            moment: seconds since 1970.
        """
        self._held = None
        self._offset += moment - self.now()

    def until(self, moment: float) -> float:
        """Return the real seconds until a moment; 0 if it has passed."""
        return max(0.0, (moment - self.now()) / self.scale)

    def rfc3339(self, moment: float | None = None) -> str:
        """Return a moment, or now, in the format of APIv3: `2026-11-20T13:29:35+08:00`."""
        return self._local(moment).isoformat(timespec="seconds")

    def spaced(self, moment: float | None = None) -> str:
        """Return a moment, or now, in the older format of APIv2: `2026-11-20 13:29:35`."""
        return self._local(moment).strftime("%Y-%m-%d %H:%M:%S")

    def compact(self, moment: float | None = None) -> str:
        """Return a moment, or now, in the format of APIv2: `20261120132935` in Beijing time."""
        return self._local(moment).isoformat(timespec="seconds")[:19].translate(DIGITS)

    def date(self, moment: float | None = None) -> str:
        """Return the day in Beijing time: `2026-11-20`."""
        return self._local(moment).date().isoformat()

    def _local(self, moment: float | None) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.now() if moment is None else moment, CHINA)
