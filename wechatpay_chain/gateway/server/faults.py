"""Faults on demand: what can go wrong between a client and WeChat Pay, made to go wrong here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ...testing.fault_names import NAMES, OF_NOTIFICATIONS
from ..messages.exchange import Rejection, Response
from ..messages.responses import rejection_v2, rejection_v3
from ..store.identity import Identity

__all__ = ["PROBE", "Fault", "Faults", "apply_fault", "fault_response"]

PROBE = "WECHATPAY/SIGNTEST/"
"""What the signature of a probe begins with: WeChat Pay sends one now and then, to see whether it
is rejected."""
BEFORE = ("status", "frequency_limit")
"""The faults that keep a request from being carried out; the others spoil only its response."""
OPTIONS = {"status": ("status", "body"), "delay": ("seconds",)}
"""What a fault can be told, beside where and how often."""


@dataclass
class Fault:
    """One fault.

    Attributes:
        match: a pattern (`fnmatch`) for paths as the chain takes them, `v3/pay/*`, or for the types
            of notifications, `TRANSACTION.*`.
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
        self._lock = threading.Lock()  # a test sets and clears them while requests take them

    def add(self, match: str, fault: str, times: int | None = None, **options: Any) -> Fault:
        """Set a fault.

        `expired`, `unknown_serial` and the probes are APIv3's: APIv2 signs no time, names no key
        and sends no probes.

        Args:
            match: a pattern for paths, `v3/pay/*` say, or for types of notifications,
                `TRANSACTION.*`; or `*` for all.
            fault: one of `NAMES`.
            times: how many requests it spoils; None is all.
            options: `status` and `body` of a `status`; `seconds` of a `delay`.

        Raises:
            ValueError: there is no such fault, or it cannot be so.
        """
        if fault not in NAMES:
            raise ValueError(f"there is no fault {fault!r}; there are {', '.join(NAMES)}")
        if not isinstance(match, str) or not match.lstrip("/") or not match.isprintable():
            raise ValueError(f"match {match!r}: a pattern such as 'v3/pay/*' is expected")
        if times is not None and not (_is_whole(times) and times > 0):
            raise ValueError(f"times {times!r}: a number above 0 is expected, or nothing for all")
        _check_options(fault, options)
        new = Fault(match.lstrip("/"), fault, times, options)
        self._faults.append(new)
        return new

    def take(self, path: str) -> Fault | None:
        """The fault for a request, if one is set; its count goes down."""
        return self._take(path, of_notifications=False)

    def take_for_notification(self, event: str) -> Fault | None:
        """The fault for a notification of a type, if one is set; its count goes down."""
        return self._take(event, of_notifications=True)

    def _take(self, text: str, *, of_notifications: bool) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                of_this_kind = of_notifications == (fault.fault in OF_NOTIFICATIONS)
                if of_this_kind and fnmatchcase(text, fault.match):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times == 0:
                            self._faults.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._faults.clear()

    def all(self) -> list[Fault]:
        """Those that are still set."""
        return list(self._faults)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_options(fault: str, options: dict[str, Any]) -> None:
    known = OPTIONS.get(fault, ())
    for name in options:
        if name not in known:
            hint = f"it takes {' and '.join(known)}" if known else "it takes none"
            raise ValueError(f"{fault} has no option {name!r}; {hint}")
    status, seconds = options.get("status", 500), options.get("seconds", 1)
    if not _is_whole(status) or not 200 <= status <= 599:
        raise ValueError(f"status {status!r}: a number from 200 to 599 is expected")
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number or not 0 <= seconds <= 3600:
        raise ValueError(f"seconds {seconds!r}: a number from 0 to 3600 is expected")
    try:
        _content(options.get("body", ""))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"body: text, or what JSON can hold, is expected: {error}") from None


def _content(body: Any) -> bytes:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, allow_nan=False)
    return text.encode()


def fault_response(fault: Fault, protocol: str, identity: Identity, serial: str = "") -> Response:
    """The response of a fault that keeps a request from being carried out.

    WeChat Pay signs that it has had too many requests. A bare status comes from whatever stands
    before it, and is not signed.

    Args:
        fault: `status` or `frequency_limit`.
        protocol: `v2` or `v3`: decides the form.
        identity: signs.
        serial: the request's `Wechatpay-Serial`.
    """
    if fault.fault == "frequency_limit":
        rejection = Rejection(429, "FREQUENCY_LIMITED", "频率超限")
        if protocol == "v2":
            return rejection_v2(rejection, {}, identity)
        return rejection_v3(rejection, identity.response_key_name(serial), identity)
    body = fault.options.get("body", {"code": "SYSTEM_ERROR", "message": "系统错误"})
    kind = "text/plain" if isinstance(body, str) else "application/json"
    headers = {"Content-Type": f"{kind}; charset=utf-8"}
    return Response(fault.options.get("status", 500), headers, _content(body))


def _bad_signature(response: Response) -> Response:
    headers = dict(response.headers)
    if "Wechatpay-Signature" in headers:
        headers["Wechatpay-Signature"] = headers["Wechatpay-Signature"][::-1]
        return Response(response.status, headers, response.body)
    return Response(response.status, headers, response.body.replace(b"<sign>", b"<sign>0"))


def _missing_headers(response: Response) -> Response:
    """A response that nobody signed; APIv2's `sign` is no header, but the same to a client."""
    kept = {k: v for k, v in response.headers.items() if not k.startswith("Wechatpay-")}
    before, opening, rest = response.body.partition(b"<sign>")
    if opening and "Wechatpay-Signature" not in response.headers:
        return Response(response.status, kept, before + rest.partition(b"</sign>")[2])
    return Response(response.status, kept, response.body)


def _replaced(name: str, value: Callable[[str], str]) -> Callable[[Response], Response]:
    def change(response: Response) -> Response:
        if name not in response.headers:
            return response
        headers = {**response.headers, name: value(response.headers[name])}
        return Response(response.status, headers, response.body)

    return change


def _wrong_body(response: Response) -> Response:
    """A response with something in it that its signature does not cover."""
    status = 200 if response.status == 204 else response.status  # which has no body to be wrong
    before, closing, _ = response.body.rpartition(b"</xml>")
    if closing:
        return Response(status, response.headers, before + b"<extra>1</extra></xml>")
    return Response(status, response.headers, response.body + b" ")


CHANGES: dict[str, Callable[[Response], Response]] = {
    "bad_signature": _bad_signature,
    "missing_headers": _missing_headers,
    "expired": _replaced("Wechatpay-Timestamp", lambda stamp: str(int(stamp) - 301)),
    "unknown_serial": _replaced("Wechatpay-Serial", lambda _: "5A" * 20),
    "wrong_body": _wrong_body,
    "probe": _replaced("Wechatpay-Signature", lambda signature: f"{PROBE}{signature}"),
}


def apply_fault(response: Response, fault: Fault) -> Response:
    """A response as a fault leaves it; those of the connection are the server's matter."""
    change = CHANGES.get(fault.fault)
    return response if change is None else change(response)
