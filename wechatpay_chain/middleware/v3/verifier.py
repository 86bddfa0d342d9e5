"""APIv3: rejects responses that WeChat Pay did not sign.

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
    """Verify every response's signature with WeChat Pay's keys.

    Missing and outdated keys are fetched before the request is sent. If a response is signed with
    an unknown certificate, the certificates are fetched and the response is verified again; the
    request itself is not sent again.

    An optional signature is also verified if its key is available. An attacker who can change a
    response can also remove its signature, so a signature by an unknown key proves nothing. A
    response with an error status passes, marked `verified` if its signature is valid; `status`
    raises the error.
    """

    def verify(request: Request, handle: Handler) -> Flow:
        unsigned = request.options.unsigned or is_unsigned(request)
        if not unsigned and platform.is_due:
            yield from platform.prepare()
        if not (unsigned or platform):
            raise ConfigurationError(
                _(
                    "certs is missing: the response could not be verified. Pass WeChat Pay's "
                    "public key ({'PUB_KEY_ID_…': 'pub_key.pem'}) or platform certificates, or "
                    "pass apiv3_key and the merchant's key to download certificates automatically"
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
    """Return why a response cannot be trusted, or None if its signature is valid."""
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
    """Return whether WeChat Pay responds to this request without a signature, by design."""
    return request.method == "GET" and is_unsigned_v3("GET", request.operation)


def _is_expected(request: Request, response: Response) -> bool:
    """Return whether the call set `unsigned=True`, or the response is a complete file with 2xx."""
    return request.options.unsigned or is_whole(
        response.status_code, ranged="Range" in request.headers
    )


def _is_signed(platform: Platform, response: Response) -> bool:
    """Return whether a response claims a signature by one of the available keys."""
    headers = response.headers
    return SIGNATURE_FIELDS[3] in headers and headers.get(SIGNATURE_FIELDS[2], "") in platform


def _mark(
    platform: PlatformKeys, response: Response, doubt: SignatureError | None
) -> Generator[Effect, Any, None]:
    """Verify the signature of an error response; its status raises an error in any case."""
    try:
        if doubt is not None:
            yield from _check_again(platform, response, doubt)
    except SignatureError:
        response.verified = False
