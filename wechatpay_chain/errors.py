"""Everything this library raises.

* WeChatPayError
  - ConfigurationError (also ValueError)      something was wrong before anything was sent
    · UnknownMerchant (also LookupError)      `Merchants` was asked for one that its source lacks
  - TransportError                            no usable answer: DNS, refused, reset, TLS, truncated
    · TransportTimeout (also TimeoutError)
  - ResponseError (.request .response)        an answer came, and it is not what was asked for
    · APIError                                the server said no
      > ClientError                           HTTP 4xx
        + RateLimited                         HTTP 429
      > ServerError                           HTTP 5xx
    · SignatureError                          the answer or notification cannot be trusted
  - DecryptionError                           AES-GCM, AES-ECB, RSA-OAEP
  - BillError (also ValueError)               a bill was cut off, changed, or has an unknown form
  - BillNotReady                              WeChat Pay has not made the bill yet: ask again later
  - BillDownloadError                         some of several bills could not be downloaded
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .display.showing import showing
from .messages.request import TransportError, TransportTimeout
from .messages.response import Response, ResponseError
from .utils.exceptions import (
    BillDownloadError,
    BillError,
    BillNotReady,
    ConfigurationError,
    DecryptionError,
    UnknownMerchant,
    WeChatPayError,
)

if TYPE_CHECKING:
    from .display.view import View

__all__ = [
    "APIError",
    "BillDownloadError",
    "BillError",
    "BillNotReady",
    "ClientError",
    "ConfigurationError",
    "DecryptionError",
    "RateLimited",
    "ResponseError",
    "ServerError",
    "SignatureError",
    "SignatureReason",
    "TransportError",
    "TransportTimeout",
    "UnknownMerchant",
    "WeChatPayError",
]


SignatureReason = Literal["missing", "expired", "unknown_serial", "mismatch", "probe"]


@showing
class APIError(ResponseError):
    """WeChat Pay refused the request.

    Attributes:
        status_code: the HTTP status (APIv2 refuses with 200).
        code: WeChat Pay's error code, such as `PARAM_ERROR`; empty where it sent none.
        message: WeChat Pay's own words.
        detail: APIv3's `detail` member: which field, which value, what is wrong with it.
        request_id: the `Request-ID` to quote to WeChat Pay's support.
        number: WeChat Pay's own number of the error, which ends the Request-ID; None where it has
            none.
        verified: True where this very error was signed by WeChat Pay, and the signature checked.
    """

    def __init__(
        self,
        text: str,
        response: Response | None = None,
        *,
        code: str = "",
        message: str = "",
        detail: Any = None,
    ) -> None:
        super().__init__(text, response)
        self.status_code = response.status_code if response is not None else 0
        self.code = code
        self.message = message
        self.detail = detail
        self.request_id = response.request_id if response is not None else ""
        self.number = response.error_number if response is not None else None
        self.verified = response.verified if response is not None else False

    def _view_(self) -> View:
        from .display.answers import error_view  # for those who look

        return error_view(self, str(self))


class ClientError(APIError):
    """HTTP 4xx: the request is at fault; sending it again unchanged will not help."""


class RateLimited(ClientError):
    """HTTP 429: too many requests; wait, then send it again."""

    retryable = True


class ServerError(APIError):
    """HTTP 5xx: the server is at fault; query before sending anything that moves money again."""


class SignatureError(ResponseError):
    """An answer or notification was not signed by WeChat Pay as it must be: do not act on it.

    Attributes:
        reason: `missing`, `expired`, `unknown_serial`, `mismatch`, or `probe`: one of the wrong
            signatures that WeChat Pay itself sends to test that they are rejected.
    """

    reason: SignatureReason

    def __init__(
        self,
        message: str,
        response: Response | None = None,
        *,
        reason: SignatureReason = "mismatch",
    ) -> None:
        super().__init__(message, response)
        self.reason = reason
