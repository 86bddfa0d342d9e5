"""Advice for an HTTP error, from WeChat Pay's error number and code, or from its status.

Advice is added to an existing error and never replaces it. If the catalogue cannot be read (for
example because the process has no free file descriptors), the error contains less advice. Advice is
only text and decides nothing, so unsigned errors have it as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from ..messages.request import Request
from ..messages.response import Response
from ..utils.display import printable
from ..utils.translation import N_, Message, _, current
from .path_hints import catalogue_path
from .request_members import quoted

if TYPE_CHECKING:
    from ..catalogue import Explanation, Operation

__all__ = ["advice", "decoration", "page_title"]

T = TypeVar("T")

BY_STATUS = {
    401: N_(
        "the request is not authenticated: check mchid, serial and private_key, and this "
        "machine's clock"
    ),
    403: N_(
        "the merchant may not have the permission for this operation, or something between this "
        "machine and WeChat Pay rejected the request"
    ),
    404: N_("the resource does not exist: check the path and the ids in it"),
    429: N_("too many requests: wait and retry"),
}
"""The meaning of a status if WeChat Pay's code and number do not explain the error."""
SAYS_NOTHING_OF_A_CODE = 403
"""A status with many causes: it has no advice if there is a code, even an unknown one."""
UNKNOWN_OUTCOME = N_("WeChat Pay may still have processed it: query before you send it again")
REJECTED_BY_A_FRONT_END = (400, 403, 495, 496)
"""Statuses of web servers for a missing client certificate; nginx returns 400."""

TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,500})</title", re.IGNORECASE)
HEAD = 16 * 1024


def page_title(content: bytes) -> str:
    """Return the title of an HTML page in one line; empty if there is none."""
    found = TITLE.search(content[:HEAD])
    return printable(" ".join(found[1].decode("utf-8", "replace").split()), 200) if found else ""


def advice(response: Response, code: str, title: str = "") -> Iterator[str]:
    """Yield the meaning of an error, the affected values, and a remedy.

    Args:
        response: a response with an HTTP error, or an APIv2 failure.
        code: WeChat Pay's error code, or empty.
        title: the title if the response is an HTML page.
    """
    status, request = response.status_code, response.request
    explanation = decoration(lambda: _explanation(response, code), None)
    if explanation is not None:
        yield _clause(explanation, request)
    elif status in BY_STATUS and not (code and status == SAYS_NOTHING_OF_A_CODE):
        yield _(BY_STATUS[status])
    if status >= 500 and (explanation is None or not response.verified):
        yield _(UNKNOWN_OUTCOME)
    if request is not None and status in REJECTED_BY_A_FRONT_END and not code:
        yield _certificate(request, title)


def decoration(make: Callable[[], T], otherwise: T) -> T:
    """Return the catalogue's additions to an error.

    Args:
        make: reads the catalogue.
        otherwise: the result if that fails.
    """
    try:
        return make()
    except Exception:  # noqa: BLE001 - must not hide the error that it decorates
        return otherwise


def _explanation(response: Response, code: str) -> Explanation | None:
    from .. import catalogue  # successful calls do not need it

    return catalogue.explain(code, response.error_number)


def _clause(explanation: Explanation, request: Request | None) -> str:
    """Return an explanation in one line: `no such order (out_trade_no "R1"): check the number`."""
    values = ""
    if request is not None and explanation.members:
        values = decoration(lambda: quoted(request, explanation.members, _template(request)), "")
    meaning = f"{explanation.meaning} ({values})" if values else explanation.meaning
    clause = f"{meaning}: {explanation.action}"
    if current() != "zh" or not explanation.zh:
        return clause
    return Message(f"{explanation.zh}（{values}）" if values else explanation.zh, clause)


def _template(request: Request) -> str:
    operation = _operation(request)
    return "" if operation is None else operation.path


def _operation(request: Request) -> Operation | None:
    from .. import catalogue

    return catalogue.find(request.method, catalogue_path(request))


def _certificate(request: Request, title: str) -> str:
    """Return advice about the merchant's TLS certificate; empty if it is not the cause."""
    is_said = "ssl certificate" in title.lower()
    if request.certificate is not None:
        return _("WeChat Pay did not accept the certificate in merchant=") if is_said else ""
    operation = decoration(lambda: _operation(request), None)
    if operation is not None and operation.security:
        return _(
            "this operation needs the merchant's certificate for mutual TLS: pass merchant= to "
            "the client and security=True to the call"
        )
    return _("security=True presents the merchant's certificate (mutual TLS)") if is_said else ""
