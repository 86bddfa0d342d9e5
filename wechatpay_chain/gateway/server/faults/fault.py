"""The faults of a gateway: which requests they affect, and how often."""

from __future__ import annotations

import copy
import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ....testing.fault_names import NAMES, OF_NOTIFICATIONS
from ....utils.translation import _
from .options import check_options, is_whole

__all__ = ["BEFORE", "Fault", "Faults"]

BEFORE = (
    *("status", "maintenance", "refuse", "rate_limit"),
    *("frequency_limit", "statement_creating", "no_statement"),
)
"""The faults that prevent the processing of a request; the others change only its response."""
REQUESTS, PERIOD = 10, 1
"""The default rate limit: maximum number of requests in a period of seconds."""


@dataclass
class Fault:
    """A fault.

    Attributes:
        match: pattern (`fnmatch`) for paths, such as `v3/pay/*`, or for types of notifications,
            such as `TRANSACTION.*`.
        fault: name of the fault.
        times: number of requests that it still affects; None means all.
        options: other arguments of `Faults.add`.
        asked: number of requests that have matched so far.
        recent: times of each caller's last requests, for a rate limit.
    """

    match: str
    fault: str
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    asked: int = 0
    recent: dict[str, list[float]] = field(default_factory=dict)

    @property
    def before(self) -> bool:
        """True if the fault prevents the processing of the request."""
        return self.fault in BEFORE

    def as_json(self) -> dict[str, Any]:
        """Return the arguments of `Faults.add`."""
        return {"match": self.match, "fault": self.fault, "times": self.times, **self.options}

    def strikes(self, caller: Callable[[], str], now: float) -> bool:
        """Return True if the fault applies to the next matching request.

        Args:
            caller: returns the caller and the operation, for a rate limit.
            now: the gateway's time.
        """
        self.asked += 1
        share = self.options.get("share")
        if share is not None and self._drawn() >= share:
            return False
        return self.fault != "rate_limit" or self._is_over(caller(), now)

    def _drawn(self) -> float:
        """Return a number from 0 to 1 that depends only on the seed and the request count."""
        text = f"{self.options.get('seed', 1)} {self.asked}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48

    def _is_over(self, caller: str, now: float) -> bool:
        start = now - self.options.get("seconds", PERIOD)
        recent = [moment for moment in self.recent.get(caller, ()) if moment > start]
        over: bool = len(recent) >= self.options.get("requests", REQUESTS)
        self.recent[caller] = recent if over else [*recent, now]
        return over


def _nobody() -> str:
    return ""


class Faults:
    """The faults of a gateway, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()  # tests add and clear faults while requests take them

    def add(self, match: str, fault: str, times: int | None = None, **options: Any) -> Fault:
        """Add a fault.

        `expired`, `unknown_serial`, `clock_skew` and the probes apply only to APIv3, because APIv2
        signs no time, names no key and sends no probes.

        Args:
            match: pattern for paths, such as `v3/pay/*`, or for types of notifications, such as
                `TRANSACTION.*`; `*` matches all.
            fault: one of `NAMES`.
            times: number of requests that the fault affects; None means all.
            options: `share`, the share of requests from 0 to 1, selected by `seed`; `host`, a
                pattern for the host of the request; `status` and `body` of `status`; `status` of
                `maintenance`; `seconds` of `delay`, of a clock skew and of a late notification;
                `requests` and `seconds` of `rate_limit`.

        Returns:
            The fault.

        Raises:
            ValueError: the fault does not exist, or an argument is invalid.
        """
        if fault not in NAMES:
            raise ValueError(
                _(
                    "there is no fault {fault!r}; expected one of {names}",
                    fault=fault,
                    names=", ".join(NAMES),
                )
            )
        if not isinstance(match, str) or not match.lstrip("/") or not match.isprintable():
            raise ValueError(
                _("match {value!r}: expected a pattern such as 'v3/pay/*'", value=match)
            )
        if times is not None and not (is_whole(times) and times > 0):
            raise ValueError(
                _("times {value!r}: expected a number above 0, or None for all", value=times)
            )
        check_options(fault, options)
        new = Fault(match.lstrip("/"), fault, times, options)
        self._faults.append(new)
        return new

    def take(
        self,
        path: str,
        host: str = "",
        caller: Callable[[], str] = _nobody,
        now: float | None = None,
    ) -> Fault | None:
        """Return the fault that applies to a request, if any, and reduce its count.

        Args:
            path: path of the request.
            host: host of the request.
            caller: returns the caller and the operation; called only for a rate limit.
            now: the gateway's time; None uses real time.
        """
        moment = time.time() if now is None else now
        return self._take(path, host, caller, moment, of_notifications=False)

    def take_for_notification(self, event: str, host: str = "") -> Fault | None:
        """Return the fault that applies to a notification, if any, and reduce its count.

        Args:
            event: type of the notification.
            host: host of the receiver.
        """
        return self._take(event, host, _nobody, 0, of_notifications=True)

    def _take(
        self, text: str, host: str, caller: Callable[[], str], now: float, *, of_notifications: bool
    ) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                of_this_kind = of_notifications == (fault.fault in OF_NOTIFICATIONS)
                here = fnmatchcase(host, fault.options.get("host", "*"))
                if not (of_this_kind and here and fnmatchcase(text, fault.match)):
                    continue
                if fault.strikes(caller, now):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times == 0:
                            self._faults.remove(fault)
                    return fault
        return None

    def copy(self) -> list[Fault]:
        """Return copies of the active faults."""
        with self._lock:
            return copy.deepcopy(self._faults)

    def replace(self, faults: Iterable[Fault]) -> None:
        """Replace all active faults."""
        with self._lock:
            self._faults = list(faults)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def all(self) -> list[Fault]:
        """Return the active faults."""
        return list(self._faults)
