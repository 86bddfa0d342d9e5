"""Everything this library raises.

* WeChatPayError
  - ConfigurationError (also ValueError)      something was wrong before anything was sent
  - TransportError                            no usable answer: DNS, refused, reset, TLS, truncated
    · TransportTimeout (also TimeoutError)
  - ResponseError (.request .response)        an answer came, and it is not what was asked for
    · APIError                                the server said no
      > ClientError                           HTTP 4xx
        + RateLimited                         HTTP 429
      > ServerError                           HTTP 5xx
    · SignatureError                          the answer or notification cannot be trusted
  - DecryptionError                           AES-GCM, AES-ECB, RSA-OAEP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .display import printable

if TYPE_CHECKING:
    from .messages import Request, Response

__all__ = [
    "APIError",
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
    "WeChatPayError",
]

LONGEST = 4000
"""Characters of a message."""

SignatureReason = Literal["missing", "expired", "unknown_serial", "mismatch"]


class WeChatPayError(Exception):
    """Base of every error of this library.

    An error can be pickled, for a process pool or a task queue, with its attributes; the request in
    it loses its credentials on the way, and what was given as options.
    """

    def __init__(self, *args: Any) -> None:
        # Much of a message may come from outside: a code, a header, a library's own words.
        super().__init__(*(printable(a, LONGEST) if isinstance(a, str) else a for a in args))

    def __reduce__(self) -> Any:
        return _rebuilt, (type(self), self.args), self.__dict__


class ConfigurationError(WeChatPayError, ValueError):
    """An argument, key or option is wrong or missing; nothing was sent."""


class TransportError(WeChatPayError):
    """No usable answer came back; the server may or may not have acted on the request."""


class TransportTimeout(TransportError, TimeoutError):
    """Connecting, or waiting for the next bytes, took longer than `timeout`."""


class ResponseError(WeChatPayError):
    """An answer came, and it is not usable.

    Attributes:
        request: the request that was answered; None for a notification.
        response: the answer; None for a notification.
    """

    request: Request | None
    response: Response | None

    def __init__(self, message: str, response: Response | None = None) -> None:
        super().__init__(message)
        self.response = response
        self.request = response.request if response is not None else None


class APIError(ResponseError):
    """WeChat Pay refused the request.

    Attributes:
        status_code: the HTTP status (APIv2 refuses with 200).
        code: WeChat Pay's error code, such as `PARAM_ERROR`; empty where it sent none.
        message: WeChat Pay's own words.
        detail: APIv3's `detail` member: which field, which value, what is wrong with it.
        request_id: the `Request-ID` to quote to WeChat Pay's support.
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
        self.verified = response.verified if response is not None else False


class ClientError(APIError):
    """HTTP 4xx: the request is at fault; sending it again unchanged will not help."""


class RateLimited(ClientError):
    """HTTP 429: too many requests; wait, then send it again."""


class ServerError(APIError):
    """HTTP 5xx: the server is at fault; query before sending anything that moves money again."""


class SignatureError(ResponseError):
    """An answer or notification was not signed by WeChat Pay as it must be: do not act on it.

    Attributes:
        reason: `missing`, `expired`, `unknown_serial`, or `mismatch`, also for the wrong
            signatures that WeChat Pay itself sends to test that they are refused.
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


class DecryptionError(WeChatPayError):
    """A ciphertext could not be opened with the key at hand."""


def _rebuilt(kind: type[WeChatPayError], args: tuple[Any, ...]) -> WeChatPayError:
    """An error without its attributes; `__init__` of a subclass may take other arguments."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error
