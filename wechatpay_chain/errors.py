"""The exceptions of this library.

* WeChatPayError
  - ConfigurationError (also ValueError)      invalid input; nothing was sent
    · UnknownMerchant (also LookupError)      the source of `Merchants` does not have the merchant
  - TransportError                            no usable response: DNS, refused, TLS, truncated
    · TransportTimeout (also TimeoutError)
  - ResponseError (.request .response)        a response arrived, but it is not usable
    · APIError                                WeChat Pay returned an error
      > ClientError                           HTTP 4xx
        + RateLimited                         HTTP 429
      > ServerError                           HTTP 5xx
    · SignatureError                          the response or notification cannot be trusted
  - DecryptionError                           AES-GCM, AES-ECB, RSA-OAEP
  - BillError (also ValueError)               a bill is truncated, altered, or of an unknown form
  - BillNotReady                              WeChat Pay has not created the bill yet; retry later
  - BillDownloadError                         at least one of several bills could not be downloaded
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
    """WeChat Pay rejected the request.

    Attributes:
        status_code: the HTTP status (APIv2 rejects requests with status 200).
        code: WeChat Pay's error code, such as `PARAM_ERROR`; empty if the response has none.
        message: WeChat Pay's error message.
        detail: the `detail` member of APIv3: the field, its value, and the problem with it.
        request_id: the `Request-ID` to quote to WeChat Pay's support.
        number: WeChat Pay's internal error number, which ends the Request-ID; None if there is
            none.
        verified: True if WeChat Pay signed this error response and the signature was verified.
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
        from .display.answers import error_view  # needed only for display

        return error_view(self, str(self))


class ClientError(APIError):
    """HTTP 4xx: the request is invalid; do not send it again unchanged."""


class RateLimited(ClientError):
    """HTTP 429: too many requests; wait, then send the request again."""

    retryable = True


class ServerError(APIError):
    """HTTP 5xx: the server failed; query the state before you repeat a call that moves money."""


class SignatureError(ResponseError):
    """A response or notification has no valid WeChat Pay signature; do not process it.

    Attributes:
        reason: `missing`, `expired`, `unknown_serial`, `mismatch`, or `probe`: a deliberately wrong
            signature that WeChat Pay sends to test that it is rejected.
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
