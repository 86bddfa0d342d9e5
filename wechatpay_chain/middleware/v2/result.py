"""APIv2: turns a failure in a response into an exception.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011985890
"""

from __future__ import annotations

from typing import Any

from ...flow import Flow, Handler
from ...messages.request import Request
from ...messages.response import Response, ResponseError
from ..status import api_error, http_error

__all__ = ["failure_code", "result"]

CODES = ("return_code", "result_code")


def result(request: Request, handle: Handler) -> Flow:
    """Raise `APIError` for HTTP errors, and unless the response's codes are exactly SUCCESS."""
    response = yield from handle(request)
    fields = _fields(response)
    if _is_failure(fields):
        message = _first(fields, "err_code_des", "return_msg")
        raise api_error(response, code=_code(fields), message=message)
    if response.status_code >= 400:
        raise http_error(response)
    return response


def failure_code(response: Response) -> str:
    """Return WeChat Pay's code in a failure; empty for a success or a body that is not XML."""
    fields = _fields(response)
    return _code(fields) if _is_failure(fields) else ""


def _is_failure(fields: dict[str, Any]) -> bool:
    return any(name in fields and fields[name] != "SUCCESS" for name in CODES)


def _code(fields: dict[str, Any]) -> str:
    return _first(fields, "err_code", "error_code", "return_code")


def _fields(response: Response) -> dict[str, Any]:
    """Return the fields that may report a failure; empty if the body is a bill or a page."""
    try:
        return response.xml()
    except ResponseError:
        return {}


def _first(fields: dict[str, Any], *names: str) -> str:
    """Return the first non-empty text of several fields."""
    values = (fields.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), "")
