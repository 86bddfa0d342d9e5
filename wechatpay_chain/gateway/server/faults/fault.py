"""The faults that are set: where each strikes, how often, and whose turn it is."""

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
from .options import check_options, is_whole

__all__ = ["BEFORE", "Fault", "Faults"]

BEFORE = (
    *("status", "maintenance", "refuse", "rate_limit"),
    *("frequency_limit", "statement_creating", "no_statement"),
)
"""The faults that keep a request from being carried out; the others spoil only its response."""
REQUESTS, PERIOD = 10, 1
"""A rate limit of which nothing else is said: so many requests in so many seconds."""


@dataclass
class Fault:
    """One fault.

    Attributes:
        match: a pattern (`fnmatch`) for paths as the chain takes them, `v3/pay/*`, or for the types
            of notifications, `TRANSACTION.*`.
        fault: which one.
        times: how many requests it still spoils; None is all.
        options: what else it was told, as `Faults.add` documents it.
        asked: how many requests it could have spoiled so far.
        recent: the moments of the last requests of each caller, for a rate limit.
    """

    match: str
    fault: str
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    asked: int = 0
    recent: dict[str, list[float]] = field(default_factory=dict)

    @property
    def before(self) -> bool:
        """Whether the request is not carried out."""
        return self.fault in BEFORE

    def as_json(self) -> dict[str, Any]:
        """As it was asked for."""
        return {"match": self.match, "fault": self.fault, "times": self.times, **self.options}

    def strikes(self, caller: Callable[[], str], now: float) -> bool:
        """Whether it is the turn of one more request that it matches.

        Args:
            caller: who calls which operation, for a rate limit.
            now: the gateway's time.
        """
        self.asked += 1
        share = self.options.get("share")
        if share is not None and self._drawn() >= share:
            return False
        return self.fault != "rate_limit" or self._is_over(caller(), now)

    def _drawn(self) -> float:
        """A number from 0 to 1 that the seed and the count of requests alone decide."""
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
    """The faults that are set, in the order in which they were."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()  # a test sets and clears them while requests take them

    def add(self, match: str, fault: str, times: int | None = None, **options: Any) -> Fault:
        """Set a fault.

        `expired`, `unknown_serial`, `clock_skew` and the probes are APIv3's: APIv2 signs no time,
        names no key and sends no probes.

        Args:
            match: a pattern for paths, `v3/pay/*` say, or for types of notifications,
                `TRANSACTION.*`; or `*` for all.
            fault: one of `NAMES`.
            times: how many requests it spoils; None is all.
            options: `share`, from 0 to 1, of the requests it spoils, which `seed` decides; `host`,
                a pattern for the host that is called; `status` and `body` of a `status`, `status`
                of a `maintenance`; `seconds` of a `delay`, of a clock or of a late notification;
                `requests` and `seconds` of a `rate_limit`.

        Raises:
            ValueError: there is no such fault, or it cannot be so.
        """
        if fault not in NAMES:
            raise ValueError(f"there is no fault {fault!r}; there are {', '.join(NAMES)}")
        if not isinstance(match, str) or not match.lstrip("/") or not match.isprintable():
            raise ValueError(f"match {match!r}: a pattern such as 'v3/pay/*' is expected")
        if times is not None and not (is_whole(times) and times > 0):
            raise ValueError(f"times {times!r}: a number above 0 is expected, or nothing for all")
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
        """The fault for a request, if one is set; its count goes down.

        Args:
            path: as the chain takes it.
            host: that is called.
            caller: who calls which operation; is called if it matters.
            now: the gateway's time; None is the real one.
        """
        moment = time.time() if now is None else now
        return self._take(path, host, caller, moment, of_notifications=False)

    def take_for_notification(self, event: str, host: str = "") -> Fault | None:
        """The fault for a notification of a type, if one is set; its count goes down.

        Args:
            event: the type.
            host: that it is posted to.
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
        """Those that are still set, as they are now."""
        with self._lock:
            return copy.deepcopy(self._faults)

    def replace(self, faults: Iterable[Fault]) -> None:
        """Clear those that are set, in favour of these."""
        with self._lock:
            self._faults = list(faults)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    def all(self) -> list[Fault]:
        """Those that are still set."""
        return list(self._faults)
