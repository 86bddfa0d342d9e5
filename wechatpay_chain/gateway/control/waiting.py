"""Waits until a receiver has acknowledged a notification."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...utils.display import represented
from ...utils.translation import _
from ..server.log import Log
from .results import Notice

__all__ = ["wait_for"]

SHOWN = 5
"""Maximum number of notifications in an error."""


def wait_for(
    notices: Callable[[], Iterable[Notice]],
    log: Log,
    event: str,
    members: Mapping[str, Any],
    timeout: float,
) -> Notice:
    """Return the newest matching notification when it has been acknowledged.

    Args:
        notices: returns all notifications.
        log: log that reports every delivery attempt.
        event: type of the notification.
        members: fields that the resource contains, at any depth.
        timeout: seconds of real time.

    Raises:
        TimeoutError: no such notification was acknowledged in time.
    """
    changed, deadline = threading.Event(), time.monotonic() + timeout

    def listen(kind: str, _change: Mapping[str, Any]) -> None:
        if kind == "notification":
            changed.set()

    log.listeners.add(listen)
    try:
        while True:
            changed.clear()
            matching = [
                each for each in notices() if each["event"] == event and _has(each, members)
            ]
            for notice in matching:
                if notice["state"] == "DELIVERED":
                    return notice
            if not changed.wait(max(0.0, deadline - time.monotonic())):
                raise TimeoutError(_problem(event, members, timeout, matching, list(notices())))
    finally:
        log.listeners.discard(listen)


def _has(notice: Notice, members: Mapping[str, Any]) -> bool:
    return all(_found(notice["resource"], name, each) for name, each in members.items())


def _found(value: Any, name: str, wanted: Any) -> bool:
    if isinstance(value, dict):
        # Fields of APIv2 are text.
        if name in value and (value[name] == wanted or value[name] == str(wanted)):
            return True
        return any(_found(each, name, wanted) for each in value.values())
    return isinstance(value, list) and any(_found(each, name, wanted) for each in value)


def _problem(
    event: str,
    members: Mapping[str, Any],
    timeout: float,
    matching: list[Notice],
    every: list[Notice],
) -> str:
    wanted = ", ".join(f"{name}={represented(each)}" for name, each in members.items())
    what = _("{event} with {members}", event=event, members=wanted) if wanted else event
    if matching:
        attempts = matching[0]["attempts"]
        last = attempts[-1] if attempts else None
        why = (last["error"] or f"HTTP {last['status']}") if last else _("no attempt has ended")
        return _(
            "{what} was not acknowledged in {seconds:g} s: {count} attempts to {url}, the last "
            "one: {reason}",
            what=what,
            seconds=timeout,
            count=len(attempts),
            url=matching[0]["url"],
            reason=why,
        )
    return _(
        "there was no {what} in {seconds:g} s; the last notifications: {events}",
        what=what,
        seconds=timeout,
        events=", ".join(dict.fromkeys(each["event"] for each in every[:SHOWN])) or _("none"),
    )
