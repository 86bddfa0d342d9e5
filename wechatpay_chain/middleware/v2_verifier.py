"""APIv2: an answer's `sign` must be right, by MD5 or HMAC-SHA256.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011985891
"""

from __future__ import annotations

from typing import Any

from .. import canonical, xml
from ..crypto import digest
from ..errors import ConfigurationError, ResponseError, SignatureError
from ..flow import Flow, Handler, Middleware
from ..messages import Request, Response

__all__ = ["assert_signed", "unsigned_v2", "v2_verifier"]

unsigned_v2 = frozenset(
    {
        "/mchrisk/querymchrisk",
        "/mchrisk/setmchriskcallback",
        "/mchrisk/syncmchriskresult",
        "/mmpaymkttransfers/gethbinfo",
        "/mmpaymkttransfers/gettransferinfo",
        "/mmpaymkttransfers/pay_bank",
        "/mmpaymkttransfers/promotion/paywwsptrans2pocket",
        "/mmpaymkttransfers/promotion/querywwsptrans2pocket",
        "/mmpaymkttransfers/promotion/transfers",
        "/mmpaymkttransfers/query_bank",
        "/mmpaymkttransfers/sendgroupredpack",
        "/mmpaymkttransfers/sendminiprogramhb",
        "/mmpaymkttransfers/sendredpack",
        "/mmpaysptrans/pay_bank",
        "/mmpaysptrans/query_bank",
        "/papay/entrustweb",
        "/papay/h5entrustweb",
        "/papay/partner/entrustweb",
        "/papay/partner/h5entrustweb",
        "/pay/downloadbill",
        "/pay/downloadfundflow",
        "/payitil/report",
        "/risk/getpublickey",
        "/risk/getviolation",
        "/secapi/mch/submchmanage",
        "/xdc/apiv2getsignkey/sign/getsignkey",
    }
)
"""Paths whose answers carry no `sign`, by design."""


files_and_pages = frozenset(
    {
        "/papay/entrustweb",
        "/papay/h5entrustweb",
        "/papay/partner/entrustweb",
        "/papay/partner/h5entrustweb",
        "/pay/downloadbill",
        "/pay/downloadfundflow",
    }
)
"""Those of them whose answers are not XML."""


def v2_verifier(secret: str) -> Middleware:
    """Check the `sign` of every answer that must have one; a `return_code` FAIL has none.

    Args:
        secret: the APIv2 key.
    """

    def verify(request: Request, handle: Handler) -> Flow:
        response = yield from handle(request)
        if response.status_code >= 400:
            _mark(response, secret)
            return response
        if request.options.unsigned:
            return response
        if request.operation in unsigned_v2:
            if request.operation not in files_and_pages:
                _assert_answer(response)
            return response
        try:
            fields = xml.loads(response.content)
        except ValueError as error:
            raise SignatureError(
                f"the answer to {request} (HTTP {response.status_code}, {len(response.content)} "
                f"bytes) is not APIv2's XML, so there is no sign to check: {error}. Where an "
                "operation is known to answer unsigned, say unsigned=True",
                response,
                reason="missing",
            ) from None
        if "sign" in fields or fields.get("return_code", "SUCCESS") == "SUCCESS":
            assert_signed(fields, secret, response)
            response.verified = True
        return response

    return verify


def _assert_answer(response: Response) -> None:
    """An unsigned answer must at least be one."""
    try:
        if "return_code" in xml.loads(response.content):
            return
        why = "it has no return_code"
    except ValueError as error:
        why = f"{error}, so it has no return_code"
    raise ResponseError(
        f"the answer to {response.request} (HTTP {response.status_code}, {len(response.content)} "
        f"bytes) is not APIv2's: {why}. Something other than WeChat Pay may have answered; query "
        "before sending it again",
        response,
    )


def _mark(response: Response, secret: str) -> None:
    """An HTTP error is raised anyway; say whether it is genuine."""
    try:
        assert_signed(xml.loads(response.content), secret, response)
        response.verified = True
    except (ValueError, SignatureError):
        response.verified = False


def assert_signed(fields: dict[str, Any], secret: str, response: Response | None = None) -> None:
    """Check the `sign` among the fields of an answer or notification, in constant time.

    Raises:
        SignatureError: there is none, or it does not match.
        ConfigurationError: no secret.
    """
    what = "the notification" if response is None else f"the answer to {response.request}"
    if not secret:
        raise ConfigurationError("secret is missing: without it no APIv2 sign can be checked")
    sign = fields.get("sign")
    if not sign or not isinstance(sign, str):
        raise SignatureError(
            f"{what} cannot be trusted: it has no sign", response, reason="missing"
        )
    kind = digest.HMAC_SHA256 if len(sign) == 64 else digest.MD5
    try:
        genuine = digest.equals(digest.sign(kind, canonical.fields(fields), secret), sign)
    except ConfigurationError:
        genuine = False  # a field is nested or stands twice: no sign covers that
    if not genuine:
        raise SignatureError(
            f"{what} cannot be trusted: its sign ({kind}) does not match. Either it was changed on "
            "the way, or secret is not the APIv2 key set on the merchant platform",
            response,
        )
