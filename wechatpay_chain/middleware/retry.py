"""Repeats failed attempts of a call: whether, when, and on which host.

A call is repeated only if it can take effect at most once. This depends on the failure and on the
call:

* If nothing was sent (DNS, refused, TLS, connect timeout), every call is repeated.
* After too many requests (429, `FREQUENCY_LIMITED`, …), a call is repeated if it only reads or
  contains a merchant-assigned number. Other calls are repeated only if WeChat Pay signed the
  error, because WeChat Pay has then not processed the request.
* If it was sent and no usable response arrived, or after a 5xx, `SYSTEMERROR` or
  `BIZERR_NEED_RETRY`, a call is repeated if it only reads, or contains a merchant-assigned number
  (`out_trade_no`, …), by which WeChat Pay recognizes a repetition.
* After an untrusted response, any other error, or a cancellation, no call is repeated.

The layers inside this one encode and sign every attempt anew.
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
"""Maximum seconds of a `Retry-After` to wait; if it is longer, the call ends."""


class Retry:
    """The retry policy of a call: number of attempts and waits. Immutable.

    The wait before attempt `n + 1` is random between 0 and `initial * exp_base ** (n - 1)` seconds,
    at most `max` ("full jitter"), and never shorter than the response's `Retry-After`.

    Args:
        attempts: total number of attempts, including the first.
        initial: maximum of the first wait, in seconds.
        max: maximum of any wait, in seconds.
        exp_base: growth factor of the maximum wait.

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
                    "Retry(attempts={represented}): expected a whole number from 1 to 100; "
                    "retry=None disables retries",
                    represented=represented(attempts),
                )
            )
        waits = (("initial", initial, 0), ("max", max, 0), ("exp_base", exp_base, 1))
        for name, value, least in waits:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (is_number and least <= value < float("inf")):
                raise ConfigurationError(
                    _(
                        "Retry({name}={represented}): expected a number of {least} or more",
                        name=name,
                        represented=represented(value),
                        least=least,
                    )
                )
        for name, value in (("attempts", attempts), *(each[:2] for each in waits)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(_("a Retry is immutable: create another one"))

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
        """Return a random number of seconds to wait after failed attempts.

        Args:
            failed: the number of failed attempts.
        """
        import random  # needed only after a failure

        longest = self.initial * self.exp_base ** min(failed - 1, 64)
        return random.uniform(0, min(self.max, longest))  # noqa: S311 - no secret depends on it


def _remade(attempts: int, initial: float, longest: float, exp_base: float) -> Retry:
    return Retry(attempts=attempts, initial=initial, max=longest, exp_base=exp_base)


def retry_of(given: object) -> Retry | None:
    """Check a `retry=` argument: a `Retry`, or None for a single attempt.

    Raises:
        ConfigurationError: any other value.
    """
    if given is None or isinstance(given, Retry):
        return given
    raise ConfigurationError(
        _(
            "retry={represented}: expected a Retry(attempts=3, …), or None for one attempt",
            represented=represented(given),
        )
    )


def retry(default: Retry | None, failover: Failover) -> Middleware:
    """Repeat a call until it succeeds, or fails in a way that a retry cannot fix.

    Args:
        default: the policy of calls without their own `retry=`; None means a single attempt.
        failover: selects the host of an attempt.
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
    """Return the seconds to wait before the next attempt.

    Raises:
        WeChatPayError: there is no next attempt; the original error with all attempts.
    """
    if error.attempts:  # a nested call, such as a fetch of certificates, was already repeated
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
    """Return whether a repetition can take effect at most once."""
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
    """Return whether a request only reads, or contains a number that identifies a repetition."""
    if request.method in READS:
        return True
    from .. import catalogue  # successful calls do not need it
    from ..catalogue.idempotency import numbers

    path, options = catalogue_path(request), request.options
    try:
        operation = catalogue.find(request.method, path)
    except OSError:  # no free file descriptor: the catalogue cannot be read
        return False
    given = (options.json, options.xml, options.body, options.meta)
    body = next((each for each in given if each is not None), None)
    return (
        operation is not None
        and numbers(operation, path, options.query, body, options.headers) is not None
    )


def _retry_after(error: WeChatPayError) -> float:
    """Return the seconds of a response's `Retry-After` (RFC 9110, section 10.2.3), or 0."""
    response = error.response if isinstance(error, APIError) else None
    value = "" if response is None else response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    from email.utils import parsedate_to_datetime  # rarely needed

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
