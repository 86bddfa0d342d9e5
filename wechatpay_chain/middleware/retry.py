"""Attempts of one call: what may be sent again, when, and to which host.

A call is repeated only where it can take effect once at most. That depends on what happened, and on
what the call is:

* nothing was sent (DNS, refused, TLS, connect timeout): again, whatever the call is;
* too many requests (429, `FREQUENCY_LIMITED`, …): again; a call that neither reads nor carries the
  merchant's own number only if WeChat Pay signed that, because WeChat Pay then did nothing;
* it was sent and no usable response came, or a 5xx, `SYSTEMERROR`, `BIZERR_NEED_RETRY`: again if it
  only reads, or carries the merchant's own number (`out_trade_no`, …), by which WeChat Pay knows a
  repetition;
* a response that cannot be trusted, any other error, a cancellation: never.

Every attempt is encoded and signed anew, by the layers inside this one.
Source: https://pay.weixin.qq.com/doc/v3/merchant/4012075238 (which errors may be repeated).
"""

from __future__ import annotations

import time
from typing import Any

from ..errors import APIError, RateLimited, ServerError
from ..flow import Flow, Handler, Middleware, Sleep
from ..messages.request import UNSET, Request, TransportError
from ..utils.display import represented
from ..utils.exceptions import Attempt, ConfigurationError, WeChatPayError
from ..utils.translation import _
from .failover import Failover
from .path_hints import catalogue_path

__all__ = ["Retry", "retry", "retry_of"]

READS = ("GET", "HEAD")
RATE_LIMITS = frozenset(
    {"FREQUENCY_LIMITED", "FREQUENCY_LIMIT", "FREQ_LIMIT", "RATELIMIT_EXCEED", "RATELIMIT_EXCEEDED"}
)
NOT_DONE_YET = frozenset(
    {"SYSTEM_ERROR", "SYSTEMERROR", "SYSTEM ERROR", "BIZERR_NEED_RETRY", "BIZ_ERR_NEED_RETRY"}
)
LONGEST_WAIT = 60.0
"""Seconds of a `Retry-After` that are waited for; with a longer one the call ends."""


class Retry:
    """How often a call is attempted, and how long it waits in between. Immutable.

    The wait before attempt `n + 1` is random between 0 and `initial * exp_base ** (n - 1)` seconds,
    at most `max` ("full jitter"), and never shorter than the response's `Retry-After`.

    Args:
        attempts: in all, the first one included.
        initial: seconds that the first wait has at most.
        max: seconds that any wait has at most.
        exp_base: by which the longest wait grows.

    Raises:
        ConfigurationError: a value is not a number in its range.
    """

    __slots__ = ("attempts", "exp_base", "initial", "max")

    attempts: int
    initial: float
    max: float
    exp_base: float

    def __init__(
        self,
        *,
        attempts: int = 3,
        initial: float = 0.5,
        max: float = 8.0,  # noqa: A002 - tenacity's word
        exp_base: float = 2.0,
    ) -> None:
        if not isinstance(attempts, int) or isinstance(attempts, bool) or not 1 <= attempts <= 100:
            raise ConfigurationError(
                _(
                    "Retry(attempts={represented}): a whole number from 1 to 100 is expected; "
                    "retry=None turns retries off",
                    represented=represented(attempts),
                )
            )
        waits = (("initial", initial, 0), ("max", max, 0), ("exp_base", exp_base, 1))
        for name, value, least in waits:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (is_number and least <= value < float("inf")):
                raise ConfigurationError(
                    _(
                        "Retry({name}={represented}): a number of {least} or more is expected",
                        name=name,
                        represented=represented(value),
                        least=least,
                    )
                )
        for name, value in (("attempts", attempts), *(each[:2] for each in waits)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(_("a Retry is immutable: make another one"))

    def __delattr__(self, name: str) -> None:
        raise AttributeError(_("a Retry is immutable"))

    def __repr__(self) -> str:
        values = (f"{name}={getattr(self, name)}" for name in ("attempts", *self.__slots__[1:]))
        return f"Retry({', '.join(values)})"

    def _key(self) -> tuple[float, ...]:
        return self.attempts, self.initial, self.max, self.exp_base

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Retry) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, self._key()

    def wait(self, failed: int) -> float:
        """Seconds to wait after some failed attempts, drawn at random.

        Args:
            failed: how many attempts have failed.
        """
        import random  # only after a failure

        longest = self.initial * self.exp_base ** min(failed - 1, 64)
        return random.uniform(0, min(self.max, longest))  # noqa: S311 - no secret depends on it


def _remade(attempts: int, initial: float, longest: float, exp_base: float) -> Retry:
    return Retry(attempts=attempts, initial=initial, max=longest, exp_base=exp_base)


def retry_of(given: object) -> Retry | None:
    """A `retry=` argument: a `Retry`, or None for one attempt.

    Raises:
        ConfigurationError: anything else.
    """
    if given is None or isinstance(given, Retry):
        return given
    raise ConfigurationError(
        _(
            "retry={represented}: a Retry(attempts=3, …) is expected, or None for one attempt",
            represented=represented(given),
        )
    )


def retry(default: Retry | None, failover: Failover) -> Middleware:
    """Attempt a call until it succeeds, or fails in a way that a repetition does not mend.

    Args:
        default: for calls that have no `retry=` of their own; None is one attempt.
        failover: which host an attempt goes to.
    """

    def attempt(request: Request, handle: Handler) -> Flow:
        attempts: list[Attempt] = []
        while True:
            sent = failover.directed(request) if failover.is_on else request
            try:
                return (yield from handle(sent))
            except WeChatPayError as error:
                wait = _next(error, sent, attempts, default, failover)
            if wait:
                yield Sleep(wait)

    return attempt


def _next(
    error: WeChatPayError,
    request: Request,
    attempts: list[Attempt],
    default: Retry | None,
    failover: Failover,
) -> float:
    """Seconds to wait before the next attempt.

    Raises:
        WeChatPayError: the error itself, with all attempts, where there is no next one.
    """
    if error.attempts:  # a call within this one, such as a fetch of certificates, was repeated
        raise error
    if isinstance(error, ConfigurationError) and not attempts:
        raise error
    error.retryable = _is_retryable(error, request)
    policy = default if request.options.retry is UNSET else request.options.retry
    more = policy is not None and len(attempts) + 1 < policy.attempts and error.retryable
    wait = 0.0
    if more and policy is not None:
        elsewhere = failover.failed(request) if _is_unsent(error) else False
        wait = 0.0 if elsewhere else max(policy.wait(len(attempts) + 1), _retry_after(error))
        more = wait <= LONGEST_WAIT and not _is_too_late(request, wait)
    attempts.append(_attempt(error, request, wait if more else 0.0))
    error.attempts = tuple(attempts)
    if not more:
        raise error
    return wait


def _is_unsent(error: WeChatPayError) -> bool:
    return isinstance(error, TransportError) and error.sent is False


def _is_retryable(error: WeChatPayError, request: Request) -> bool:
    """Whether a repetition can take effect once at most."""
    if _is_unsent(error):
        return True
    if isinstance(error, APIError) and (
        isinstance(error, RateLimited) or error.code in RATE_LIMITS
    ):
        return error.verified or _may_be_repeated(request)
    if isinstance(error, TransportError) and error.permanent:
        return False
    unknown = isinstance(error, TransportError | ServerError) or (
        isinstance(error, APIError) and error.code in NOT_DONE_YET
    )
    return unknown and _may_be_repeated(request)


def _may_be_repeated(request: Request) -> bool:
    """Whether a request only reads, or carries a number by which a repetition is known as one."""
    if request.method in READS:
        return True
    from .. import catalogue  # only now: what succeeds has no need of it
    from ..catalogue.idempotency import numbers

    path, options = catalogue_path(request), request.options
    try:
        operation = catalogue.find(request.method, path)
    except OSError:  # a process that has run out of file descriptors cannot read the catalogue
        return False
    given = (options.json, options.xml, options.body, options.meta)
    body = next((each for each in given if each is not None), None)
    return (
        operation is not None
        and numbers(operation, path, options.query, body, options.headers) is not None
    )


def _retry_after(error: WeChatPayError) -> float:
    """Seconds that the response asks to wait (RFC 9110, section 10.2.3); 0 where it does not."""
    response = error.response if isinstance(error, APIError) else None
    value = "" if response is None else response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    from email.utils import parsedate_to_datetime  # rare

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time()) if value else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _is_too_late(request: Request, wait: float) -> bool:
    return request.deadline is not None and time.monotonic() + wait >= request.deadline


def _attempt(error: WeChatPayError, request: Request, wait: float) -> Attempt:
    response = getattr(error, "response", None)
    return Attempt(
        origin=request.origin,
        error=type(error).__name__,
        message=str(error),
        status_code=0 if response is None else response.status_code,
        code=getattr(error, "code", ""),
        waited=wait,
    )
