"""What to do about an HTTP error: by its code, by its status, and by what the catalogue knows.

Advice decorates an error that has arrived and never takes its place: where the catalogue cannot be
read (a process that has run out of file descriptors, for one), the error has less advice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from ..messages.request import Request
from ..messages.response import Response
from ..utils.display import printable

__all__ = ["advice", "catalogue_path", "page_title", "suggestion"]

BY_STATUS = {
    401: "check mchid, serial and private_key, and this machine's clock",
    404: "no such resource: check the path and the ids in it",
    429: "too many requests: wait, then send it again",
}
WHATEVER_THE_CODE = (401, 429)
"""Statuses that say by themselves what to do."""
UNEXPLAINED_403 = (
    "the merchant may lack the permission for this operation, or something between this machine "
    "and WeChat Pay refused the request"
)
PERMISSION = (
    "the merchant lacks the permission for this operation: check that its product is opened, and "
    "that mchid and appid are bound to each other"
)
LIMIT = "a limit or a business rule forbids it: the message says which one"
ACCOUNT = "the account is not in a state that allows it: look at it on the merchant platform"
BALANCE = "the balance is too low: recharge it, then send the request again with the same number"
BY_CODE = {
    "NO_AUTH": PERMISSION,
    "NOAUTH": PERMISSION,
    "RULE_LIMIT": LIMIT,
    "RULELIMIT": LIMIT,
    "QUOTA_EXCEED": LIMIT,
    "REQUEST_BLOCKED": LIMIT,
    "TRADE_ERROR": "the payment was refused: the message says why, and the user may be told",
    "ACCOUNT_ERROR": ACCOUNT,
    "ACCOUNTERROR": ACCOUNT,
    "ACCOUNT_NOT_VERIFIED": ACCOUNT,
    "USER_ACCOUNT_ABNORMAL": "the user's account is not in a state that allows it; pay elsewise",
    "MCH_NOT_EXISTS": "check the merchant numbers in the request",
    "APPID_MCHID_NOT_MATCH": "mchid and appid are not bound to each other",
    "NOT_ENOUGH": BALANCE,
    "NOTENOUGH": BALANCE,
    "SIGN_ERROR": "check mchid, serial and private_key (APIv2: secret)",
    "SIGNERROR": "check secret, and that sign_type is the one that this operation takes",
    "FREQUENCY_LIMITED": BY_STATUS[429],
    "FREQUENCY_LIMIT": BY_STATUS[429],
    "FREQ_LIMIT": BY_STATUS[429],
    "CERT_ERROR": "check the merchant certificate in merchant=, and that it is this merchant's",
}
"""Advice that holds whatever the operation."""

REJECTED_BY_A_FRONT_END = (400, 403, 495, 496)
"""How a web server refuses a client that shows no certificate; nginx has 400."""
NOT_THERE = (404, 405)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LONGEST = (100, 16)
"""Signs of a segment, and segments of a path, that are looked at to find what is like it."""

Decorator: TypeAlias = Callable[[Request, str], str]

TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,500})</title", re.IGNORECASE)
HEAD = 16 * 1024


def page_title(content: bytes) -> str:
    """The title of an HTML page, on one line; empty where there is none."""
    found = TITLE.search(content[:HEAD])
    return printable(" ".join(found[1].decode("utf-8", "replace").split()), 200) if found else ""


def advice(response: Response, code: str, title: str = "") -> Iterator[str]:
    """What may be done about an error.

    Args:
        response: with the HTTP error, or APIv2's failure.
        code: WeChat Pay's, or empty.
        title: of the HTML page that it is.
    """
    number, request = response.status_code, response.request
    known = code in BY_CODE or request is None or not code
    explained = "" if known or request is None else _decoration(_reason, request, code)
    if code in BY_CODE:
        yield BY_CODE[code]
    elif explained:
        yield explained
        if number in WHATEVER_THE_CODE:
            yield BY_STATUS[number]
    elif number == 403 and not code:
        yield UNEXPLAINED_403
    elif number in BY_STATUS:
        yield BY_STATUS[number]
    if number >= 500 and code not in BY_CODE:
        yield "it may have been carried out all the same: query before sending it again"
    if request is not None and number in REJECTED_BY_A_FRONT_END and not code:
        yield _certificate(request, title)


def suggestion(response: Response, code: str) -> str:
    """What may have been meant by a path that is not there; empty for any other error."""
    request = response.request
    if request is None or response.status_code not in NOT_THERE:
        return ""
    return _decoration(_hint, request, code)


def _certificate(request: Request, title: str) -> str:
    """Whether the merchant's TLS certificate is what was missing."""
    is_said = "ssl certificate" in title.lower()
    if request.certificate is not None:
        return "WeChat Pay did not accept the certificate in merchant=" if is_said else ""
    if _decoration(_needs_certificate, request, ""):
        return (
            "this operation needs the merchant's TLS certificate: give the client merchant= and "
            "call it with security=True"
        )
    return "security=True sends the merchant's TLS certificate" if is_said else ""


def _needs_certificate(request: Request, _: str) -> str:
    from .. import catalogue

    operation = catalogue.find(request.method, catalogue_path(request))
    return operation.title if operation is not None and operation.security else ""


def _reason(request: Request, code: str) -> str:
    """What WeChat Pay's documentation says of a code that this operation answers with."""
    from .. import catalogue

    return catalogue.reason(request.method, catalogue_path(request), code)


def _decoration(make: Decorator, request: Request, code: str) -> str:
    """What the catalogue adds; nothing where it cannot be read."""
    try:
        return make(request, code)
    except Exception:  # noqa: BLE001 - whatever it is, the error that it decorates is the one to tell
        return ""


def catalogue_path(request: Request) -> str:
    """A request's path as the catalogue has it."""
    signs, count = LONGEST
    path = "/".join(part[:signs] for part in request.operation.lstrip("/").split("/")[:count])
    return path if path[:3].lower() == "v3/" else f"v2/{path}"


def _hint(request: Request, code: str) -> str:
    """What may have been meant; empty where the catalogue has this very operation."""
    from .. import catalogue  # only now: what succeeds has no need of it
    from ..catalogue.describe import line

    path = catalogue_path(request)
    known = {method: catalogue.find(method, path) for method in METHODS}
    found = [each for each in known.values() if each is not None]
    here = known.get(request.method)
    if here is not None and not code and not request.url.startswith(here.base_uri or ""):
        return f'this operation is served at another address: give base_uri="{here.base_uri}"'
    if here is not None:
        return "" if here.path[:3] == path[:3] else f"did you mean {line(here)}?"
    hints = []
    if found:
        methods = " and ".join(f"{each.method} ({each.title})" for each in found)
        hints.append(f"as far as is known, this path takes {methods} only")
    if not any(each.path == path for each in found):  # else the path is right, to the letter
        near = catalogue.suggest(request.method, path)
        if found:
            near = tuple(each for each in near if each.method == request.method)
        if near:
            hints.append(f"did you mean {_alternatives([line(each) for each in near])}?")
    return "; ".join(hints)


def _alternatives(texts: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
