"""Observers: what watches calls, sends and notifications, to trace and to measure them.

Observers are for the whole process: they see what every client does, whether it was made before
they were added or after. An observer is told when something begins, and what it returns is told how
that ended. What an observer raises is logged, and changes nothing.
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
    """Something that an observer watches, from its beginning to its end."""

    def end(self, outcome: Any, /) -> None:
        """It has ended.

        Args:
            outcome: the `Response` or `Notification` that came of it, or the exception; that may be
                a cancellation, or another one that is no `Exception`.
        """


class Observer(Protocol):
    """What watches. Each method returns what watches this one thing, or None for nothing.

    It runs in the thread, task and context of the call. `end` follows in the same one, except for a
    coroutine that is dropped without being cancelled: then `end` gets a `GeneratorExit` wherever
    the coroutine is collected.
    """

    def call(self, mchid: str, request: Request, /) -> Observation | None:
        """A call begins, with all its attempts.

        Args:
            mchid: the client's.
            request: not yet encoded.
        """

    def send(self, request: Request, resend_count: int, /) -> Observation | None:
        """A request is handed to the transport: an attempt of a call, or what a layer sends.

        Args:
            request: as it leaves.
            resend_count: how often the same flow has sent it before.
        """

    def notification(self, mchid: str, /) -> Observation | None:
        """A notification is about to be verified and decrypted.

        Args:
            mchid: the merchant whose it is; empty where `Merchants` has yet to find out.
        """


installed: tuple[Observer, ...] = ()
"""Empty in most programs. A client looks here before it calls what is below, so that a call costs
no more where nobody observes."""


def add(observer: Observer) -> None:
    """Watch from now on."""
    global installed
    installed = (*installed, observer)


def remove(observer: Observer) -> None:
    """Watch nothing that begins from now on."""
    global installed
    installed = tuple(each for each in installed if each is not observer)


def call(flow: Flow, mchid: str, request: Request) -> Flow:
    """The flow of a call, observed; `sends` observes what it sends."""
    return _observed(flow, "call", mchid, request)


def notification(
    flow: Generator[Effect, Any, Outcome], mchid: str
) -> Generator[Effect, Any, Outcome]:
    """The flow that opens a notification, observed with all that it sends."""
    return _observed(sends(flow), "notification", mchid) if installed else flow


def sends(flow: Generator[Effect, Any, Outcome]) -> Generator[Effect, Any, Outcome]:
    """A flow of which each `Send` is observed."""
    counts: dict[tuple[str, str], int] = {}
    try:
        effect = next(flow)
        while True:
            begun: list[Observation] = []
            try:
                if isinstance(effect, Send):
                    _begin_send(begun, effect.request, counts)
                outcome = yield effect
            except BaseException as error:  # noqa: BLE001 - the flow decides
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
    """Tell all observers, by their method of that name, and note what they return."""
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
