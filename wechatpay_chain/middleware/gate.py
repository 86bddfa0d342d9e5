"""The only way out of a stack: a response is verified, or known to be unsigned.

Outermost in both stacks. The layers inside decide what an answer says; this one decides whether it
may be handed out at all, and knows nothing of how it was verified.
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import SignatureError
from ..flow import Flow, Handler, Middleware
from ..messages.request import Request
from ..utils.translation import _

__all__ = ["gate"]


def gate(is_unsigned: Callable[[Request], bool]) -> Middleware:
    """Let an answer out if it was verified, or if none of its kind is signed.

    Args:
        is_unsigned: whether an operation is known to be answered without a signature.

    Raises:
        SignatureError: the answer is neither verified, nor is the operation on the list of those
            that WeChat Pay answers unsigned, nor was the call made with `unsigned=True`.
    """

    def watch(request: Request, handle: Handler) -> Flow:
        response = yield from handle(request)
        if response.verified or request.options.unsigned or is_unsigned(request):
            return response
        raise SignatureError(
            _(
                "the answer to {request} (HTTP {status_code}) was not verified by any layer of "
                "the stack, and the operation is not known to answer unsigned. Keep the layer "
                "'verifier', or have your own set response.verified; the guide on stacks says how",
                request=request,
                status_code=response.status_code,
            ),
            response,
            reason="missing",
        )

    return watch
