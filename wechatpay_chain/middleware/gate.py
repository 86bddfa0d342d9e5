"""Passes only verified responses and known unsigned ones; only `retry` is further out.

The inner layers interpret a response. This layer decides whether the caller may receive it, and
does not depend on how it was verified.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import SignatureError
from ..flow import Flow, Handler, Middleware
from ..messages.request import Request
from ..utils.translation import _

__all__ = ["gate"]


def gate(is_unsigned: Callable[[Request], bool]) -> Middleware:
    """Pass a response if it was verified, or if its operation has no signatures.

    Args:
        is_unsigned: returns whether WeChat Pay does not sign the responses of an operation.

    Raises:
        SignatureError: the response is not verified, its operation is not in the list of unsigned
            operations, and the call did not set `unsigned=True`.
    """

    def watch(request: Request, handle: Handler) -> Flow:
        response = yield from handle(request)
        if response.verified or request.options.unsigned or is_unsigned(request):
            return response
        raise SignatureError(
            _(
                "no layer of the stack verified the response to {request} (HTTP {status_code}), "
                "and the operation is not one with unsigned responses. Keep the layer "
                "'verifier', or set response.verified in your own layer; see the guide on stacks",
                request=request,
                status_code=response.status_code,
            ),
            response,
            reason="missing",
        )

    return watch
