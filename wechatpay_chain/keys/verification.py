"""Is a response signed by WeChat Pay? The one place that answers."""

from __future__ import annotations

import hashlib

from ..errors import SignatureError
from ..messages.headers import Headers
from ..messages.response import Response
from ..messages.statement import SHA1_FIELD, StatementDigest, is_statement, signed_body
from .credential import Platform, prefix

__all__ = ["BodyDigest", "check"]


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
