"""Handles a request with a sink: the file is kept only on success."""

from __future__ import annotations

from ..flow import Call, Flow, Handler
from ..messages.request import Request
from ..messages.response import Response, ResponseError
from ..messages.unsigned import is_whole
from ..utils.translation import _

__all__ = ["downloading"]


def downloading(request: Request, handle: Handler) -> Flow:
    """Run a request with a sink; keep the file on success, and remove it on failure."""
    sink = request.sink
    if sink is None:
        return (yield from handle(request))
    try:
        response = yield from handle(request)
        _assert_file(request, response)
        yield Call(sink.commit)
    except BaseException:
        sink.discard()
        raise
    return response


def _assert_file(request: Request, response: Response) -> None:
    """Reject a response without a body for the sink, or with only a part of it."""
    partial = not is_whole(response.status_code, ranged="Range" in request.headers)
    if not response.streamed or partial:
        raise ResponseError(
            _(
                "{request} returned HTTP {status_code}, which contains only part of the file for "
                "the sink",
                request=request,
                status_code=response.status_code,
            )
            if response.streamed
            else _(
                "{request} returned HTTP {status_code}, which contains no file for the sink",
                request=request,
                status_code=response.status_code,
            ),
            response,
        )
