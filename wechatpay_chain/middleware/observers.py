"""Observers of calls, sends and notifications, for tracing and metrics.

Observers apply to the whole process, including clients created earlier or later. An observer's
method is called at the beginning of an event, and the `end` of the object that it returns is called
at the end. Exceptions in an observer are logged and have no other effect.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import Any, Literal, Protocol, TypeVar

from ..flow import Effect, Flow, Send
from ..messages.request import Request
from ..utils.display import printable

__all__ = ["Observation", "Observer", "add", "call", "notification", "remove", "sends"]

logger = logging.getLogger("wechatpay_chain")

Outcome = TypeVar("Outcome")


class Observation(Protocol):
    """An event observed from its beginning to its end."""

    def end(self, outcome: Any, /) -> None:
        """Called at the end of the event.

        Args:
            outcome: the `Response`, the `Notification` or the exception, which may be a
                cancellation or another `BaseException`.
        """


class Observer(Protocol):
    """The interface of an observer; each method returns an observation, or None to ignore an event.

    The methods run in the thread, task and context of the call. `end` runs in the same one, except
    for a coroutine that is dropped without cancellation: then `end` receives a `GeneratorExit`
    wherever the coroutine is collected.
    """

    def call(self, mchid: str, request: Request, /) -> Observation | None:
        """Called when a call begins, before all its attempts.

        Args:
            mchid: the client's merchant ID.
            request: the request, not encoded yet.
        """

    def send(self, request: Request, resend_count: int, /) -> Observation | None:
        """Called when a request goes to the transport: an attempt, or a layer's own request.

        Args:
            request: the request as sent.
            resend_count: how often the same flow has sent it before.
        """

    def notification(self, mchid: str, /) -> Observation | None:
        """Called before a notification is verified and decrypted.

        Args:
            mchid: the recipient's merchant ID; empty if `Merchants` has not determined it yet.
        """


installed: tuple[Observer, ...] = ()
"""The installed observers, in most programs none. A client checks this tuple before it calls the
functions below, so unobserved calls have no overhead."""


def add(observer: Observer) -> None:
    """Install an observer."""
    global installed
    installed = (*installed, observer)


def remove(observer: Observer) -> None:
    """Remove an observer; it receives no new events."""
    global installed
    installed = tuple(each for each in installed if each is not observer)


def call(flow: Flow, mchid: str, request: Request) -> Flow:
    """Return the observed flow of a call; `sends` observes its requests."""
    return _observed(flow, "call", mchid, request)


def notification(
    flow: Generator[Effect, Any, Outcome], mchid: str
) -> Generator[Effect, Any, Outcome]:
    """Return the observed flow that opens a notification, including the requests it sends."""
    return _observed(sends(flow), "notification", mchid) if installed else flow


def sends(flow: Generator[Effect, Any, Outcome]) -> Generator[Effect, Any, Outcome]:
    """Return a flow in which each `Send` is observed."""
    counts: dict[tuple[str, str], int] = {}
    try:
        effect = next(flow)
        while True:
            begun: list[Observation] = []
            try:
                if isinstance(effect, Send):
                    _begin_send(begun, effect.request, counts)
                outcome = yield effect
            except BaseException as error:  # noqa: BLE001 - the flow handles it
                _end(begun, error)
                effect = flow.throw(error)
            else:
                _end(begun, outcome)
                effect = flow.send(outcome)
    except StopIteration as stop:
        result: Outcome = stop.value
        return result


def _begin_send(
    begun: list[Observation], request: Request, counts: dict[tuple[str, str], int]
) -> None:
    what = (request.method, request.operation)
    count = counts.get(what, 0)
    counts[what] = count + 1
    _begin(begun, "send", request, count)


def _observed(
    flow: Generator[Effect, Any, Outcome], what: Literal["call", "notification"], *told: Any
) -> Generator[Effect, Any, Outcome]:
    begun: list[Observation] = []
    try:
        _begin(begun, what, *told)
        outcome = yield from flow
    except BaseException as error:
        _end(begun, error)
        raise
    _end(begun, outcome)
    return outcome


def _begin(begun: list[Observation], what: str, *told: Any) -> None:
    """Call a method of all observers, and store the observations they return."""
    for observer in installed:
        try:
            observation: Observation | None = getattr(observer, what)(*told)
        except Exception as error:  # noqa: BLE001 - no observer may fail a payment
            _warn(observer, error)
        else:
            if observation is not None:
                begun.append(observation)


def _end(begun: list[Observation], outcome: Any) -> None:
    for observation in reversed(begun):
        try:
            observation.end(outcome)
        except Exception as error:  # noqa: BLE001 - no observer may fail a payment
            _warn(observation, error)


def _warn(who: object, error: Exception) -> None:
    logger.warning(
        "%s raised %s: %s; the call goes on",
        type(who).__qualname__,
        type(error).__name__,
        printable(error),
    )
