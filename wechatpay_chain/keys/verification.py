"""Is a response signed by WeChat Pay? The one place that answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Protocol

from ..errors import SignatureError, SignatureReason
from ..messages import canonical
from ..messages.headers import Headers
from ..messages.response import Response
from ..messages.statement import SHA1_FIELD, StatementDigest, is_statement, signed_body
from ..utils.translation import _

__all__ = [
    "OWS",
    "PROBE",
    "SIGNATURE_FIELDS",
    "BodyDigest",
    "check",
    "signature_fields",
    "untrusted",
]

SIGNATURE_FIELDS = (
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Serial",
    "Wechatpay-Signature",
)
PROBE = "WECHATPAY/SIGNTEST/"
"""How the wrong signatures begin that WeChat Pay sends on purpose."""
CONTROL = re.compile("[\x00-\x1f\x7f]")
OWS = " \t"
"""What may surround a header field's value: RFC 9110, section 5.6.3."""


class Verifies(Protocol):
    """What knows WeChat Pay's keys."""

    def verify(
        self, headers: Headers, body: bytes, response: Response | None = None, /
    ) -> None: ...

    def verify_digest(self, headers: Headers, digest: bytes, response: Response, /) -> None: ...


def check(platform: Verifies, response: Response) -> None:
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


def _check_statement(platform: Verifies, response: Response) -> None:
    platform.verify(response.headers, signed_body(response.headers), response)
    digest = response.digest
    if not isinstance(digest, BodyDigest) or digest.statement is None:
        digest = BodyDigest(response.headers)
        digest.update(response.content)
    named = response.headers[SHA1_FIELD]
    if digest.statement is None or named not in digest.statement:
        raise SignatureError(
            _(
                "the statement's SHA-1 is not {named!r}, which its signature vouches for: the "
                "file was changed on the way",
                named=named[:80],
            ),
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


def prefix(headers: Headers) -> bytes:
    """What a signature covers ahead of the body; empty fields where the header lacks them."""
    stamp, nonce = (headers.get(name, "").strip(OWS) for name in SIGNATURE_FIELDS[:2])
    return canonical.response_head(stamp, nonce)


def signature_fields(headers: Headers, response: Response | None) -> list[str]:
    """The values of the four fields, each there once, not empty, and without control characters."""
    values = [(headers.only(name) or "").strip(OWS) for name in SIGNATURE_FIELDS]
    if "" in values:
        for name in SIGNATURE_FIELDS:
            _assert_one(name, headers.get_all(name), response)
    signed = "".join(values[:3])
    if not signed.isprintable() and CONTROL.search(signed):
        # A line feed would move the border to the body.
        why = _(
            "Wechatpay-Timestamp, Wechatpay-Nonce or Wechatpay-Serial holds a control character"
        )
        raise untrusted("mismatch", why, response)
    if values[3].startswith(PROBE):
        raise untrusted(
            "probe",
            _(
                "it is a probe: its signature begins with {probe}. WeChat Pay sends a wrong "
                "signature now and then to test that it is checked. Refuse it like any other; "
                "nothing is broken",
                probe=PROBE,
            ),
            response,
        )
    return values


def _assert_one(name: str, values: Sequence[str], response: Response | None) -> None:
    if not values or not values[0].strip(OWS):
        if response is None:
            why = _(
                "it has no {name}. Either something other than WeChat Pay sent it, or the "
                "framework's headers did not arrive here: give all of the request's headers",
                name=name,
            )
        else:
            why = _(
                "it has no {name} (HTTP {status_code}), so nobody vouches for it: something "
                "other than WeChat Pay may have answered (a proxy, a login page). Where an "
                "operation is known to answer unsigned, say unsigned=True",
                name=name,
                status_code=response.status_code,
            )
        raise untrusted("missing", why, response)
    if len(values) > 1:
        raise untrusted(
            "mismatch",
            _("{name} stands {count} times, where one is expected", name=name, count=len(values)),
            response,
        )


def untrusted(reason: SignatureReason, why: str, response: Response | None) -> SignatureError:
    """The error of a response or, where there is none, of a notification."""
    what = (
        _("the notification")
        if response is None
        else _("the answer to {request}", request=response.request)
    )
    return SignatureError(
        _("{what} cannot be trusted: {why}", what=what, why=why), response, reason=reason
    )
