"""APIv3: no answer passes unless WeChat Pay signed it.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4013053420
"""

from __future__ import annotations

from ...errors import SignatureError
from ...flow import Flow, Handler, Middleware
from ...keys.credential import SIGNATURE_FIELDS, Platform
from ...keys.verification import BodyDigest, check
from ...messages.request import Request
from ...messages.response import Response
from ...messages.unsigned import is_unsigned_v3, is_whole
from ...utils.exceptions import ConfigurationError

__all__ = ["is_unsigned", "verifier"]


def verifier(platform: Platform) -> Middleware:
    """Check every answer's signature with the platform's keys.

    Where none is needed, one that is there is checked all the same, if its key is at hand: whoever
    can change an answer can also take its signature away, so a foreign one proves nothing.
    An error status passes, marked `verified` if its signature is good: `status` raises it anyway.
    """

    def verify(request: Request, handle: Handler) -> Flow:
        unsigned = request.options.unsigned or is_unsigned(request)
        if not (unsigned or platform):
            raise ConfigurationError(
                "certs is missing: the answer could not be verified. Give WeChat Pay's public key "
                "({'PUB_KEY_ID_…': 'pub_key.pem'}) or platform certificates"
            )
        if request.sink is not None:
            request = request.replace(digest=BodyDigest)
        response = yield from handle(request)
        if response.status_code >= 400:
            _mark(platform, response)
        elif unsigned and _is_expected(request, response) and not _is_signed(platform, response):
            response.unsigned = True
        else:
            check(platform, response)
        return response

    return verify


def is_unsigned(request: Request) -> bool:
    """Whether WeChat Pay answers this request without a signature, by design."""
    return is_unsigned_v3(request.method, request.operation)


def _is_expected(request: Request, response: Response) -> bool:
    """A file comes whole, with 2xx: a redirect to one is not signed by design."""
    return request.options.unsigned or is_whole(
        response.status_code, ranged="Range" in request.headers
    )


def _is_signed(platform: Platform, response: Response) -> bool:
    """Whether an answer claims to be signed with one of the keys at hand."""
    headers = response.headers
    return SIGNATURE_FIELDS[3] in headers and headers.get(SIGNATURE_FIELDS[2], "") in platform


def _mark(platform: Platform, response: Response) -> None:
    try:
        check(platform, response)
    except SignatureError:
        response.verified = False
