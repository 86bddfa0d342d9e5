"""APIv2: an answer's `sign` must be right, by MD5 or HMAC-SHA256.

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
"""How something begins that is, or would be, a document; a bill begins with a word or a number."""

ALGORITHMS = (digest.MD5, digest.HMAC_SHA256)

CODE = re.compile("&(?:return|result)_code=")
"""How the codes that decide about success stand in what a `sign` covers."""


def v2_verifier(secret: str | Secret[str]) -> Middleware:
    """Check the `sign` of every answer that has one or must have one.

    A `return_code` FAIL has none, and is let through for the layer `result` to raise.

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
    """Whether WeChat Pay answers this request without a `sign`, by design."""
    return request.operation in unsigned_v2


def _assert_expected(request: Request, response: Response, why: str) -> None:
    """What is not APIv2's XML must be what its operation answers with instead.

    Raises:
        ResponseError: it is not.
    """
    kind = unsigned_v2.get(request.operation, "")
    if request.options.unsigned or kind == PAGE:
        return
    whole = is_whole(response.status_code, ranged="Range" in request.headers)
    if kind != XML and whole and not _is_markup(response.content):
        return
    raise ResponseError(
        _(
            "the answer to {request} (HTTP {status_code}, {count} bytes) is not APIv2's, which "
            "has a return_code: {why}. Something other than WeChat Pay may have answered; query "
            "before sending it again",
            request=request,
            status_code=response.status_code,
            count=len(response.content),
            why=why,
        ),
        response,
    )


def _is_markup(content: bytes) -> bool:
    """Whether a body is meant as XML or HTML, be it well-formed or not, or is blank so far."""
    begin = content.lstrip()[:1000].decode("utf-8", "replace")
    if content and not begin:
        return True
    return not content.startswith(GZIP) and MARKUP.match(begin) is not None


def _no_sign(response: Response, error: ResponseError) -> SignatureError:
    title = page_title(response.content)
    page = _(', an HTML page "{title}"', title=title) if title else ""
    return SignatureError(
        _(
            "{error}: it is not APIv2's XML, so there is no sign to check ({request}, {count} "
            "bytes{page}). Where an operation is known to answer unsigned, say unsigned=True",
            error=error,
            request=response.request,
            count=len(response.content),
            page=page,
        ),
        response,
        reason="missing",
    )


def _mark(response: Response, secret: str | Secret[str]) -> None:
    """An HTTP error is raised anyway; say whether it is genuine."""
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
    """Check the `sign` among the fields of an answer or notification, in constant time.

    Args:
        fields: of the message; `sign_type` or `algorithm` among them states the algorithm.
        secret: the APIv2 key.
        response: what the error shall carry; None for a notification.

    Raises:
        SignatureError: there is none, it does not match by the algorithm that is stated, or a value
            holds what the sign covers as a field of its own.
        ConfigurationError: no secret.
    """
    secret = hide(secret)
    what = (
        _("the notification")
        if response is None
        else _("the answer to {request}", request=response.request)
    )
    if not secret:
        raise ConfigurationError(_("secret is missing: without it no APIv2 sign can be checked"))
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
        covered, genuine = "", False  # a field is nested or stands twice: no sign covers that
    if not genuine:
        raise SignatureError(
            _(
                "{what} cannot be trusted: its sign ({kind}) does not match. Either it was "
                "changed on the way, or it is signed by another algorithm than is stated, or "
                "secret is not the APIv2 key set on the merchant platform",
                what=what,
                kind=printable(kind, 60),
            ),
            response,
        )
    if _hides_a_code(fields, covered):
        raise SignatureError(
            _(
                "{what} cannot be trusted: one of its values holds '&return_code=' or "
                "'&result_code=', and the sign cannot tell that from a field. A failure may have "
                "been moved into another field on the way",
                what=what,
            ),
            response,
        )


def _hides_a_code(fields: dict[str, Any], covered: str) -> bool:
    """Whether a code stands in a value: a sign covers `a=1&b=2`, wherever `a` ends.

    So `result_code` FAIL, moved to the end of the field ahead of it, would be gone and the sign
    still right.
    """
    names = (bool(fields.get(name)) for name in ("return_code", "result_code"))
    return len(CODE.findall(f"&{covered}")) > sum(names)


def _algorithm(fields: dict[str, Any], sign: str) -> str:
    """The algorithm that the message states; where it states none, the one of the sign's length.

    What the request stated decides nothing: some operations answer in MD5 whatever was asked for.
    """
    stated = [fields["sign_type"]] if fields.get("sign_type") else []
    if fields.get("algorithm") in ALGORITHMS:  # some notifications call it so; it may be another's
        stated.append(fields["algorithm"])
    if not stated:
        return digest.HMAC_SHA256 if len(sign) == 64 else digest.MD5
    if any(kind != stated[0] for kind in stated):
        return " and ".join(map(str, stated))  # contradicts itself: no algorithm at all
    return str(stated[0])
