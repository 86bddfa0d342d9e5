"""APIv2: verifies the `sign` of a response, by MD5 or HMAC-SHA256.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011985891
"""

from __future__ import annotations

import re
from typing import Any

from ...crypto import digest
from ...errors import SignatureError
from ...flow import Flow, Handler, Middleware
from ...messages import canonical
from ...messages.request import Request
from ...messages.response import Response, ResponseError
from ...messages.unsigned import PAGE, XML, is_whole, unsigned_v2
from ...utils.display import printable
from ...utils.exceptions import ConfigurationError
from ...utils.secret import Secret, hide
from ...utils.translation import _
from ..advice import page_title

__all__ = ["assert_signed", "is_unsigned_v2", "unsigned_v2", "v2_verifier"]

GZIP = b"\x1f\x8b"
MARKUP = re.compile(r"\W*?<")
"""The beginning of a well-formed or malformed document; a bill begins with a word or a number."""

ALGORITHMS = (digest.MD5, digest.HMAC_SHA256)

CODE = re.compile("&(?:return|result)_code=")
"""The codes that indicate success, as they appear in the text that a `sign` covers."""


def v2_verifier(secret: str | Secret[str]) -> Middleware:
    """Verify the `sign` of every response that has one or must have one.

    A response with `return_code` FAIL has no `sign`; it passes, and the layer `result` raises an
    error.

    Args:
        secret: the APIv2 key.
    """
    secret = hide(secret)

    def verify(request: Request, handle: Handler) -> Flow:
        response = yield from handle(request)
        if response.status_code >= 400:
            _mark(response, secret)
            return response
        optional = request.options.unsigned or is_unsigned_v2(request)
        try:
            fields = response.xml()
        except ResponseError as error:
            if not optional:
                raise _no_sign(response, error) from None
            _assert_expected(request, response, str(error))
            response.unsigned = True
            return response
        if "sign" in fields and (secret or not optional):
            assert_signed(fields, secret, response)
            response.verified = True
        elif optional:
            if "return_code" not in fields:
                _assert_expected(request, response, _("it has no return_code"))
            response.unsigned = True
        elif fields.get("return_code", "SUCCESS") == "SUCCESS":
            assert_signed(fields, secret, response)
        return response

    return verify


def is_unsigned_v2(request: Request) -> bool:
    """Return whether WeChat Pay responds to this request without a `sign`, by design."""
    return request.operation in unsigned_v2


def _assert_expected(request: Request, response: Response, why: str) -> None:
    """Check that a response other than APIv2 XML has the documented type of its operation.

    Raises:
        ResponseError: it has another type.
    """
    kind = unsigned_v2.get(request.operation, "")
    if request.options.unsigned or kind == PAGE:
        return
    whole = is_whole(response.status_code, ranged="Range" in request.headers)
    if kind != XML and whole and not _is_markup(response.content):
        return
    raise ResponseError(
        _(
            "the response to {request} (HTTP {status_code}, {count} bytes) is not an APIv2 "
            "response with a return_code: {why}. Something other than WeChat Pay may have "
            "responded; query before you send it again",
            request=request,
            status_code=response.status_code,
            count=len(response.content),
            why=why,
        ),
        response,
    )


def _is_markup(content: bytes) -> bool:
    """Return whether a body is XML or HTML, well-formed or not, or is blank so far."""
    begin = content.lstrip()[:1000].decode("utf-8", "replace")
    if content and not begin:
        return True
    return not content.startswith(GZIP) and MARKUP.match(begin) is not None


def _no_sign(response: Response, error: ResponseError) -> SignatureError:
    title = page_title(response.content)
    page = _(', an HTML page "{title}"', title=title) if title else ""
    return SignatureError(
        _(
            "{error}: it is not APIv2 XML, so there is no sign to verify ({request}, {count} "
            "bytes{page}). For an operation whose responses are unsigned, pass unsigned=True",
            error=error,
            request=response.request,
            count=len(response.content),
            page=page,
        ),
        response,
        reason="missing",
    )


def _mark(response: Response, secret: str | Secret[str]) -> None:
    """Record whether an HTTP error is authentic; the error is raised in any case."""
    try:
        assert_signed(response.xml(), secret, response)
        response.verified = True
    except (ResponseError, ConfigurationError):
        response.verified = False


def assert_signed(
    fields: dict[str, Any],
    secret: str | Secret[str],
    response: Response | None = None,
) -> None:
    """Verify the `sign` in the fields of a response or notification, in constant time.

    Args:
        fields: the fields of the message; `sign_type` or `algorithm` names the algorithm.
        secret: the APIv2 key.
        response: the response that the error refers to; None for a notification.

    Raises:
        SignatureError: there is no `sign`, it does not match, or a value contains text that the
            `sign` would cover as a separate field.
        ConfigurationError: the secret is missing.
    """
    secret = hide(secret)
    what = (
        _("the notification")
        if response is None
        else _("the response to {request}", request=response.request)
    )
    if not secret:
        raise ConfigurationError(_("secret is missing: it is required to verify the APIv2 sign"))
    sign = fields.get("sign")
    if not sign or not isinstance(sign, str):
        raise SignatureError(
            _("{what} cannot be trusted: it has no sign", what=what), response, reason="missing"
        )
    kind = _algorithm(fields, sign)
    try:
        covered = canonical.fields(fields)
        genuine = digest.equals(digest.sign(kind, covered, secret), sign)
    except ConfigurationError:
        covered, genuine = "", False  # a field is nested or repeated, which no sign covers
    if not genuine:
        raise SignatureError(
            _(
                "{what} cannot be trusted: its sign ({kind}) does not match. It was changed in "
                "transit, its sign uses another algorithm than stated, or secret is not the "
                "APIv2 key set on the merchant platform",
                what=what,
                kind=printable(kind, 60),
            ),
            response,
        )
    if _hides_a_code(fields, covered):
        raise SignatureError(
            _(
                "{what} cannot be trusted: a value contains '&return_code=' or '&result_code=', "
                "which the sign cannot tell apart from a field. The result may have been moved "
                "into another field in transit",
                what=what,
            ),
            response,
        )


def _hides_a_code(fields: dict[str, Any], covered: str) -> bool:
    """Return whether a value contains a code: a sign covers `a=1&b=2`, wherever `a` ends.

    An attacker could move `result_code` FAIL to the end of the preceding field. The code would then
    be missing, but the sign would still match.
    """
    names = (bool(fields.get(name)) for name in ("return_code", "result_code"))
    return len(CODE.findall(f"&{covered}")) > sum(names)


def _algorithm(fields: dict[str, Any], sign: str) -> str:
    """Return the algorithm named in the message, or else the one for the sign's length.

    The algorithm of the request is irrelevant: some operations always respond with MD5.
    """
    stated = [fields["sign_type"]] if fields.get("sign_type") else []
    if fields.get("algorithm") in ALGORITHMS:  # in some notifications; others differ
        stated.append(fields["algorithm"])
    if not stated:
        return digest.HMAC_SHA256 if len(sign) == 64 else digest.MD5
    if any(kind != stated[0] for kind in stated):
        return " and ".join(map(str, stated))  # contradictory, so no valid algorithm
    return str(stated[0])
