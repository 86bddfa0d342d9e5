"""Effects, and the two drivers that perform them.

A flow is a generator: it yields an effect (`Send`, `Sleep`, `Call`, `Wait`), receives its outcome,
and finally returns a response. It does no I/O itself, so the same flow runs under `run` and
`run_async`. An error during an effect is raised inside the flow, at its `yield`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from .errors import APIError
from .messages.authority import Origin
from .messages.request import Request
from .messages.response import Response
from .utils.exceptions import ConfigurationError
from .utils.translation import _

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = [
    "Call",
    "Effect",
    "Flow",
    "Handler",
    "Middleware",
    "Send",
    "Sleep",
    "Transport",
    "Wait",
    "error_type",
    "run",
    "run_async",
]

logger = logging.getLogger("wechatpay_chain")

Outcome = TypeVar("Outcome")


class Send:
    """Send a request; the outcome is its `Response`."""

    __slots__ = ("request",)

    def __init__(self, request: Request) -> None:
        self.request = request


class Sleep:
    """Wait for some time.

    Args:
        seconds: the time to wait.
    """

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Call:
    """Call a function of the user; the outcome is its return value.

    In an async call, an awaitable return value is awaited first.

    Args:
        function: the function.
        args: its positional arguments.
        twin: the function that async calls use instead.
        deadline: when an awaitable must be done, by `time.monotonic`, or None for no limit. After
            that, `TimeoutError` is raised in the flow.
    """

    __slots__ = ("args", "deadline", "function", "twin")

    def __init__(
        self,
        function: Callable[..., Any],
        *args: Any,
        twin: Callable[..., Any] | None = None,
        deadline: float | None = None,
    ) -> None:
        self.function = function
        self.args = args
        self.twin = twin
        self.deadline = deadline


class Wait:
    """Wait for the result of another call, in any thread or event loop; the outcome is that result.

    Args:
        future: a running future of `concurrent.futures`, so that an abandoned wait does not cancel
            it.
        thread: the identifier of the thread that completes the future. In that thread, a sync call
            would deadlock, so its outcome is None at once.
    """

    __slots__ = ("future", "thread")

    def __init__(self, future: Future[Any], thread: int) -> None:
        self.future = future
        self.thread = thread


Effect: TypeAlias = Send | Sleep | Call | Wait
Flow: TypeAlias = Generator[Effect, Any, Response]
Handler: TypeAlias = Callable[[Request], Flow]
Middleware: TypeAlias = Callable[[Request, Handler], Flow]


class Transport(Protocol):
    """Sends requests. Raises `TransportError`, and sends `target` and `content` unchanged."""

    def send(self, request: Request, /) -> Response: ...

    def send_async(self, request: Request, /) -> Coroutine[Any, Any, Response]: ...

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


def run(flow: Generator[Effect, Any, Outcome], transport: Transport) -> Outcome:
    """Run a flow to its end and block until then."""
    unreleased: list[Response] = []
    try:
        effect = next(flow)
        while True:
            if unreleased:
                _release_before(effect, unreleased)
            try:
                outcome = _perform(effect, transport)
            except BaseException as error:  # noqa: BLE001 - the flow handles it
                effect = flow.throw(error)
            else:
                if isinstance(outcome, Response):
                    unreleased.append(outcome)
                effect = flow.send(outcome)
    except StopIteration as stop:
        _release(unreleased)
        result: Outcome = stop.value
        return result
    except BaseException as error:
        _release(unreleased, error)
        raise


async def run_async(flow: Generator[Effect, Any, Outcome], transport: Transport) -> Outcome:
    """Run a flow to its end on the running event loop."""
    unreleased: list[Response] = []
    try:
        effect = next(flow)
        while True:
            if unreleased:
                _release_before(effect, unreleased)
            try:
                outcome = _perform_async(effect, transport)
                if hasattr(outcome, "__await__"):
                    outcome = await outcome
            except BaseException as error:  # noqa: BLE001 - the flow handles it
                effect = flow.throw(error)
            else:
                if isinstance(outcome, Response):
                    unreleased.append(outcome)
                effect = flow.send(outcome)
    except StopIteration as stop:
        _release(unreleased)
        result: Outcome = stop.value
        return result
    except BaseException as error:
        _release(unreleased, error)
        raise


def _release_before(effect: Effect, unreleased: list[Response]) -> None:
    """Release connections that the effect needs, or that are no longer needed.

    An unverified response (a remote service may still have to verify it) keeps its connection until
    another request goes to the same origin, or until the call waits for another call, which may
    itself need a connection.
    """
    origin = effect.request.origin if isinstance(effect, Send) else None
    waits = isinstance(effect, Wait)
    for response in tuple(unreleased):
        asked = response.request
        if waits or _is_trusted(response) or (asked is not None and asked.origin == origin):
            response.release(keep=_is_trusted(response))
            unreleased.remove(response)


def _release(unreleased: list[Response], error: BaseException | None = None) -> None:
    """Release all connections at the end of a flow.

    An `APIError` reports the content of a response; any other error means that the response is
    faulty.
    """
    for response in unreleased:
        if error is None:
            response.release(keep=_is_trusted(response))
        else:
            response.release(keep=response.verified and isinstance(error, APIError))


def _is_trusted(response: Response) -> bool:
    """Return whether another request may use the connection of a response."""
    return response.verified or response.unsigned


def _perform(effect: Effect, transport: Transport) -> Any:
    if isinstance(effect, Send):
        if logger.isEnabledFor(logging.DEBUG):
            return _logged(effect.request, transport)
        return transport.send(effect.request)
    if isinstance(effect, Call):
        outcome = effect.function(*effect.args)
        if hasattr(outcome, "__await__"):
            if hasattr(outcome, "close"):
                outcome.close()  # a coroutine that is never awaited
            name = getattr(effect.function, "__qualname__", _("a function"))
            raise ConfigurationError(
                _(
                    "{name} returned an awaitable in a sync call: call the verb's _async form, "
                    "or pass a blocking function",
                    name=name,
                )
            )
        return outcome
    if isinstance(effect, Wait):
        from threading import get_ident

        return None if effect.thread == get_ident() else effect.future.result()
    return time.sleep(effect.seconds)


def _logged(request: Request, transport: Transport) -> Response:
    started = time.perf_counter()
    try:
        response = transport.send(request)
    except BaseException as error:
        _log(request, error, started)
        raise
    _log(request, response, started)
    return response


def _perform_async(effect: Effect, transport: Transport) -> Any:
    """Return an awaitable for an effect, or the outcome itself for a plain function in `Call`."""
    if isinstance(effect, Send):
        if logger.isEnabledFor(logging.DEBUG):
            return _logged_async(effect.request, transport)
        return transport.send_async(effect.request)
    if isinstance(effect, Call):
        outcome = (effect.twin or effect.function)(*effect.args)
        return outcome if effect.deadline is None else _until(effect.deadline, outcome)
    import asyncio  # already loaded by a running loop; other programs do not need it

    if isinstance(effect, Wait):
        return asyncio.wrap_future(effect.future)
    return asyncio.sleep(effect.seconds)


async def _until(deadline: float, outcome: Any) -> Any:
    if not hasattr(outcome, "__await__"):
        return outcome
    import asyncio

    async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
        return await outcome


async def _logged_async(request: Request, transport: Transport) -> Response:
    started = time.perf_counter()
    try:
        response = await transport.send_async(request)
    except BaseException as error:
        _log(request, error, started)
        raise
    _log(request, response, started)
    return response


def _log(request: Request, outcome: Response | BaseException, started: float) -> None:
    seconds = time.perf_counter() - started
    if isinstance(outcome, Response):
        status, request_id = str(outcome.status_code), outcome.request_id or "-"
    else:
        status, request_id = type(outcome).__name__, "-"
    logger.debug(
        "%s %s %s %s %.0f ms",
        request.method,
        request.shown_target,
        status,
        request_id,
        seconds * 1000,
        extra={**_fields(request, outcome), "http.client.request.duration": seconds},
    )


def _fields(request: Request, outcome: Response | BaseException) -> dict[str, str | int]:
    """Return the attributes of the log record, with OpenTelemetry names; unknown ones are omitted.

    The names contain dots, so they cannot collide with the attributes that `logging` reserves.
    """
    fields: dict[str, str | int | None] = {
        "http.request.method": request.method,
        "url.template": request.template,
    }
    if isinstance(request.origin, Origin):
        fields["server.address"] = request.origin.host.strip("[]")
        fields["server.port"] = request.origin.port
    if isinstance(outcome, Response):
        fields["http.response.status_code"] = outcome.status_code
        fields["wechatpay.request_id"] = outcome.request_id or None
        fields["wechatpay.number"] = outcome.error_number
    else:
        fields["error.type"] = error_type(outcome)
    return {name: value for name, value in fields.items() if value is not None}


def error_type(error: BaseException) -> str:
    """Return the full class name of an exception; a built-in one has no module."""
    kind = type(error)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{module}{kind.__qualname__}"
