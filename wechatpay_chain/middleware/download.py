"""A request that has a sink: its file is kept if all went well."""

from __future__ import annotations

from ..flow import Call, Flow, Handler
from ..messages.request import Request
from ..messages.response import Response, ResponseError
from ..messages.unsigned import is_whole
from ..utils.translation import _

__all__ = ["downloading"]


def downloading(request: Request, handle: Handler) -> Flow:
    """Run a request that has a sink; keep the file if all went well, else leave none."""
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
    """A response that has no body for the sink, or a part of one, is not a success."""
    partial = not is_whole(response.status_code, ranged="Range" in request.headers)
    if not response.streamed or partial:
        raise ResponseError(
            _(
                "{request} was answered with HTTP {status_code}, which has a part of the file "
                "for the sink",
                request=request,
                status_code=response.status_code,
            )
            if response.streamed
            else _(
                "{request} was answered with HTTP {status_code}, which has no file for the sink",
                request=request,
                status_code=response.status_code,
            ),
            response,
        )
