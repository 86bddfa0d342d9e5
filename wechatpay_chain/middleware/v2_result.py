"""APIv2: a failure inside an answer becomes an exception.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011985890
"""

from __future__ import annotations

import re
from typing import Any

from .. import xml
from ..flow import Flow, Handler
from ..messages import Request, Response
from .status import api_error, http_error

__all__ = ["result"]

MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")


def result(request: Request, handle: Handler) -> Flow:
    """Raise `APIError` where a code in the answer is not SUCCESS, or for HTTP 4xx and 5xx."""
    response = yield from handle(request)
    fields = _fields(response)
    failed = any(
        fields.get(name, "SUCCESS") != "SUCCESS" for name in ("return_code", "result_code")
    )
    if failed:
        code = fields.get("err_code") or fields.get("error_code") or fields.get("return_code", "")
        message = fields.get("err_code_des") or fields.get("return_msg") or ""
        raise api_error(response, code=str(code), message=str(message))
    if response.status_code >= 400:
        raise http_error(response)
    return response


def _fields(response: Response) -> dict[str, Any]:
    """The fields that may tell of a failure; none where the body is a bill, a page, or empty."""
    try:
        return xml.loads(response.content) if MARKUP.match(response.content) else {}
    except ValueError:
        return {}
