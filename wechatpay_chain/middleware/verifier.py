"""APIv3: no answer passes unless WeChat Pay signed it.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4013053420
"""

from __future__ import annotations

import hashlib

from ..credential import SIGNATURE_FIELDS, Platform, prefix
from ..errors import ConfigurationError, SignatureError
from ..flow import Flow, Handler, Middleware
from ..messages import Headers, Request, Response
from ..unsigned import is_unsigned_v3, is_whole
from .statement import SHA1_FIELD, StatementDigest, is_statement, signed_body

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


def check(platform: Platform, response: Response) -> None:
    """Verify one answer, and mark it so.

    Raises:
        SignatureError: it cannot be trusted.
    """
    digest = response.digest
    if is_statement(response):
        _check_statement(platform, response)
    elif isinstance(digest, BodyDigest):
        platform.verify_digest(response.headers, digest.sha256(), response)
    else:
        platform.verify(response.headers, response.content, response)
    response.verified = True


def _mark(platform: Platform, response: Response) -> None:
    try:
        check(platform, response)
    except SignatureError:
        response.verified = False


def _check_statement(platform: Platform, response: Response) -> None:
    platform.verify(response.headers, signed_body(response.headers), response)
    digest = response.digest
    if not isinstance(digest, BodyDigest) or digest.statement is None:
        digest = BodyDigest(response.headers)
        digest.update(response.content)
    named = response.headers[SHA1_FIELD]
    if digest.statement is None or named not in digest.statement:
        raise SignatureError(
            f"the statement's SHA-1 is not {named[:80]!r}, which its signature vouches for: the "
            "file was changed on the way",
            response,
        )


class BodyDigest:
    """The hashes of a body that streams past: of what its signature covers, and a statement's.

    Args:
        headers: of the answer, known before its body.
    """

    def __init__(self, headers: Headers) -> None:
        self._sha256 = hashlib.sha256(prefix(headers))
        self.statement = StatementDigest() if SHA1_FIELD in headers else None

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(data)
        if self.statement is not None:
            self.statement.update(data)

    def sha256(self) -> bytes:
        """SHA-256 of what an APIv3 signature covers."""
        complete = self._sha256.copy()
        complete.update(b"\n")
        return complete.digest()
