"""Faults on demand: what can go wrong between a client and WeChat Pay, made to go wrong here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from .exchange import Answer

__all__ = ["NAMES", "Fault", "Faults", "changed"]

Name = Literal[
    "status",
    "delay",
    "reset",
    "truncate",
    "bad_signature",
    "missing_headers",
    "expired",
    "unknown_serial",
    "wrong_body",
    "frequency_limit",
]
NAMES: tuple[str, ...] = get_args(Name)
BEFORE = ("status", "frequency_limit")
"""The faults that keep a request from being carried out; the others spoil only its answer."""


@dataclass
class Fault:
    """One fault.

    Attributes:
        match: a pattern (`fnmatch`) for paths as the chain takes them: `v3/pay/*`.
        fault: which one.
        times: how many requests it still spoils; None is all.
        options: `status` and `body` of a `status`; `seconds` of a `delay`.
    """

    match: str
    fault: str
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def before(self) -> bool:
        """Whether the request is not carried out."""
        return self.fault in BEFORE

    def as_json(self) -> dict[str, Any]:
        """As it was asked for."""
        return {"match": self.match, "fault": self.fault, "times": self.times, **self.options}


class Faults:
    """The faults that are set, in the order in which they were."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, match: str, fault: str, times: int | None = None, **options: Any) -> Fault:
        """Set a fault.

        Raises:
            ValueError: there is no such fault, or it cannot be so.
        """
        if fault not in NAMES:
            raise ValueError(f"there is no fault {fault!r}; there are {', '.join(NAMES)}")
        if not isinstance(match, str) or not match:
            raise ValueError(f"match {match!r}: a pattern such as 'v3/pay/*' is expected")
        if times is not None and (not isinstance(times, int) or times < 1):
            raise ValueError(f"times {times!r}: a number above 0 is expected, or nothing for all")
        status = options.get("status", 500)
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise ValueError(f"status {status!r}: an HTTP status is expected")
        seconds = options.get("seconds", 1)
        if not isinstance(seconds, int | float) or not 0 <= seconds <= 3600:
            raise ValueError(f"seconds {seconds!r}: a number from 0 to 3600 is expected")
        new = Fault(match, fault, times, options)
        self._faults.append(new)
        return new

    def take(self, path: str) -> Fault | None:
        """The fault for a request, if one is set; its count goes down."""
        for fault in self._faults:
            if fnmatchcase(path, fault.match):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._faults.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """No more faults."""
        self._faults.clear()

    def all(self) -> list[Fault]:
        """Those that are still set."""
        return list(self._faults)


def _bad_signature(answer: Answer) -> Answer:
    headers = dict(answer.headers)
    if "Wechatpay-Signature" in headers:
        headers["Wechatpay-Signature"] = headers["Wechatpay-Signature"][::-1]
        return Answer(answer.status, headers, answer.body)
    return Answer(answer.status, headers, answer.body.replace(b"<sign>", b"<sign>0"))


def _missing_headers(answer: Answer) -> Answer:
    kept = {k: v for k, v in answer.headers.items() if not k.startswith("Wechatpay-")}
    return Answer(answer.status, kept, answer.body)


def _replaced(name: str, value: Callable[[str], str]) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        if name not in answer.headers:
            return answer
        headers = {**answer.headers, name: value(answer.headers[name])}
        return Answer(answer.status, headers, answer.body)

    return change


CHANGES: dict[str, Callable[[Answer], Answer]] = {
    "bad_signature": _bad_signature,
    "missing_headers": _missing_headers,
    "expired": _replaced("Wechatpay-Timestamp", lambda stamp: str(int(stamp) - 301)),
    "unknown_serial": _replaced("Wechatpay-Serial", lambda _: "5A" * 20),
    "wrong_body": lambda answer: Answer(answer.status, answer.headers, answer.body + b" "),
}


def changed(answer: Answer, fault: Fault) -> Answer:
    """An answer as a fault leaves it; those of the connection are the server's matter."""
    change = CHANGES.get(fault.fault)
    return answer if change is None else change(answer)
