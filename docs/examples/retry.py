"""Send a request again where that is safe: after HTTP 429, and after a GET without a response.

    wxpay.stacks["v3"] = wxpay.stacks["v3"].replace("retry", retry())

The layer stands outside `status`, so it sees a 429 as `RateLimited`, and each attempt passes the
whole stack: it gets a nonce, a timestamp and a signature of its own.
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
    """Retry with a pause that doubles.

    A 429 is retried for every method, because the server did not carry it out. A timeout is
    retried for GET alone: whether a POST was carried out, nobody can say.

    Args:
        attempts: how often a request is sent at most.
        first: seconds of the first pause.
        longest: the most seconds of a pause, whatever `Retry-After` says.
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
    """The seconds that the server asks for; 0 where it does not say."""
    value = error.response.headers.get("Retry-After", "") if error.response else ""
    return float(value) if value.isascii() and value.isdecimal() else 0
