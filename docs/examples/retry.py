"""Retry a request if that is safe: after HTTP 429, and after a GET without a response.

    wxpay.stacks["v3"] = wxpay.stacks["v3"].replace("retry", retry())

The middleware is outside `status`, so `handle` raises `RateLimited` for a 429. Each attempt passes
through the whole stack and gets a new nonce, timestamp and signature.
"""

from __future__ import annotations

import random

from wechatpay_chain import (
    Flow,
    Handler,
    Middleware,
    RateLimited,
    Request,
    ResponseError,
    Sleep,
    TransportTimeout,
)


def retry(attempts: int = 3, first: float = 0.5, longest: float = 30) -> Middleware:
    """Return a middleware that retries, and doubles the pause after each attempt.

    It retries a 429 for every method, because the server has not processed the request. It retries
    a timeout only for GET, because the server may have processed a POST.

    Args:
        attempts: maximum number of attempts.
        first: first pause, in seconds.
        longest: maximum pause in seconds, also for `Retry-After`.
    """

    def again(request: Request, handle: Handler) -> Flow:
        for attempt in range(1, attempts):
            pause = first * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)
            try:
                return (yield from handle(request))
            except RateLimited as error:
                pause = _retry_after(error) or pause
            except TransportTimeout:
                if request.method != "GET":
                    raise
            yield Sleep(min(pause, longest))
        return (yield from handle(request))

    return again


def _retry_after(error: ResponseError) -> float:
    """Return the seconds in `Retry-After`; 0 if the header is missing."""
    value = error.response.headers.get("Retry-After", "") if error.response else ""
    return float(value) if value.isascii() and value.isdecimal() else 0
