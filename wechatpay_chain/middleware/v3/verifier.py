"""APIv3: no answer passes unless WeChat Pay signed it.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4013053420
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...errors import SignatureError
from ...flow import Effect, Flow, Handler, Middleware
from ...keys.credential import Platform
from ...keys.platform_keys import PlatformKeys
from ...keys.verification import SIGNATURE_FIELDS, BodyDigest, check
from ...messages.request import Request
from ...messages.response import Response
from ...messages.unsigned import is_unsigned_v3, is_whole
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["is_unsigned", "verifier"]


def verifier(platform: PlatformKeys) -> Middleware:
    """Check every answer's signature with the platform's keys.

    Keys that are missing or old are fetched before the request is sent. A response that is signed
    with a certificate that is not known is checked again once the certificates were fetched; the
    request itself is not sent again.

    Where none is needed, one that is there is checked all the same, if its key is at hand: whoever
    can change an answer can also take its signature away, so a foreign one proves nothing.
    An error status passes, marked `verified` if its signature is good: `status` raises it anyway.
    """

    def verify(request: Request, handle: Handler) -> Flow:
        unsigned = request.options.unsigned or is_unsigned(request)
        if not unsigned and platform.is_due:
            yield from platform.prepare()
        if not (unsigned or platform):
            raise ConfigurationError(
                _(
                    "certs is missing: the answer could not be verified. Give WeChat Pay's public "
                    "key ({'PUB_KEY_ID_…': 'pub_key.pem'}) or platform certificates, or apiv3_key "
                    "and the merchant's key, with which certificates are fetched"
                )
            )
        if request.sink is not None:
            request = request.replace(digest=BodyDigest)
        response = yield from handle(request)
        if response.status_code >= 400:
            yield from _mark(platform, response, _doubt(platform, response))
        elif unsigned and _is_expected(request, response) and not _is_signed(platform, response):
            response.unsigned = True
        elif doubt := _doubt(platform, response):
            yield from _check_again(platform, response, doubt)
        return response

    return verify


def _doubt(platform: PlatformKeys, response: Response) -> SignatureError | None:
    """Why a response cannot be trusted; None where its signature is good."""
    try:
        check(platform, response)
    except SignatureError as error:
        return error
    return None


def _check_again(
    platform: PlatformKeys, response: Response, doubt: SignatureError
) -> Generator[Effect, Any, None]:
    serial = response.headers.get(SIGNATURE_FIELDS[2], "").strip()
    yield from platform.checked_again(doubt, serial, lambda: check(platform, response))


def is_unsigned(request: Request) -> bool:
    """Whether WeChat Pay answers this request without a signature, by design."""
    return request.method == "GET" and is_unsigned_v3("GET", request.operation)


def _is_expected(request: Request, response: Response) -> bool:
    """A file comes whole, with 2xx: a redirect to one is not signed by design."""
    return request.options.unsigned or is_whole(
        response.status_code, ranged="Range" in request.headers
    )


def _is_signed(platform: Platform, response: Response) -> bool:
    """Whether an answer claims to be signed with one of the keys at hand."""
    headers = response.headers
    return SIGNATURE_FIELDS[3] in headers and headers.get(SIGNATURE_FIELDS[2], "") in platform


def _mark(
    platform: PlatformKeys, response: Response, doubt: SignatureError | None
) -> Generator[Effect, Any, None]:
    """Check the signature of an error, whose status is raised whatever comes of it."""
    try:
        if doubt is not None:
            yield from _check_again(platform, response, doubt)
    except SignatureError:
        response.verified = False
