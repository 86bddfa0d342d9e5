"""APIv3: no answer passes unless WeChat Pay signed it.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4013053420
"""

from __future__ import annotations

import hashlib
import zlib

from ..credential import Platform, prefix
from ..errors import ConfigurationError, SignatureError
from ..flow import Flow, Handler, Middleware
from ..messages import Headers, Request, Response

__all__ = ["is_unsigned", "verifier"]

STATEMENTS = ("/hk/v3/statements", "/v3/global/statements")
STATEMENT_SHA1 = "Wechatpay-Statement-Sha1"
GZIP_MAGIC = b"\x1f\x8b"


def verifier(platform: Platform) -> Middleware:
    """Check every answer's signature with the platform's keys.

    An error status passes, marked `verified` if its signature is good: `status` raises it anyway.
    """

    def verify(request: Request, handle: Handler) -> Flow:
        unsigned = request.options.unsigned or is_unsigned(request)
        if not platform.serials and not unsigned:
            raise ConfigurationError(
                "certs is missing: the answer could not be verified. Give WeChat Pay's public key "
                "({'PUB_KEY_ID_…': 'pub_key.pem'}) or platform certificates"
            )
        if request.sink is not None:
            request = request.replace(digest=BodyDigest)
        response = yield from handle(request)
        if response.status_code >= 400:
            _mark(platform, response)
        elif not unsigned:
            check(platform, response)
        return response

    return verify


def is_unsigned(request: Request) -> bool:
    """Whether WeChat Pay answers this request without a signature, by design."""
    path = request.path.lower()
    return (
        path == "/v3/billdownload/file"
        or path.startswith("/v3/transferdownload/")
        or (request.method == "GET" and path.startswith("/v3/merchant-service/images/"))
    )


def check(platform: Platform, response: Response) -> None:
    """Verify one answer, and mark it so.

    Raises:
        SignatureError: it cannot be trusted.
    """
    digest = response.digest
    if _is_statement(response):
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


def _is_statement(response: Response) -> bool:
    request = response.request
    return (
        request is not None
        and request.path.lower() in STATEMENTS
        and STATEMENT_SHA1 in response.headers
    )


def _check_statement(platform: Platform, response: Response) -> None:
    """A statement's signature covers the SHA-1 of the plain file, and the file must have it."""
    named = response.headers[STATEMENT_SHA1]
    platform.verify(response.headers, f'{{"sha1":"{named}"}}'.encode(), response)
    digest = response.digest
    if not isinstance(digest, BodyDigest):
        digest = BodyDigest(response.headers)
        digest.update(response.content)
    if named.lower() not in digest.sha1s():
        raise SignatureError(
            f"the statement's SHA-1 is not {named}, which its signature vouches for: the file was "
            "changed on the way",
            response,
        )


class BodyDigest:
    """The hashes of a body that streams past: what its signature covers, and a statement's SHA-1.

    Args:
        headers: of the answer, known before its body.
    """

    def __init__(self, headers: Headers) -> None:
        self._sha256 = hashlib.sha256(prefix(headers))
        self._sha1 = hashlib.sha1(usedforsecurity=False) if STATEMENT_SHA1 in headers else None
        self._plain = hashlib.sha1(usedforsecurity=False)
        self._gzip: zlib._Decompress | None = None
        self._begun = False

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(data)
        if self._sha1 is not None:
            self._sha1.update(data)
            if not self._begun and data.startswith(GZIP_MAGIC):
                self._gzip = zlib.decompressobj(wbits=31)
            self._begun = self._begun or bool(data)
            self._inflate(data)

    def _inflate(self, data: bytes) -> None:
        try:
            while self._gzip is not None and data:
                self._plain.update(self._gzip.decompress(data, 1 << 20))
                data = self._gzip.unconsumed_tail
        except zlib.error:
            self._gzip = None  # not GZIP after all: the SHA-1 of the bytes as they came remains

    def sha256(self) -> bytes:
        """SHA-256 of what an APIv3 signature covers."""
        complete = self._sha256.copy()
        complete.update(b"\n")
        return complete.digest()

    def sha1s(self) -> set[str]:
        """SHA-1 of the body as it came and, where it is GZIP, of the file in it; lower-case hex."""
        found = {self._sha1.hexdigest()} if self._sha1 is not None else set()
        if self._gzip is not None and self._gzip.eof:
            found.add(self._plain.hexdigest())
        return found
