"""The exceptions that do not refer to a response; `wechatpay_chain.errors` lists all of them.

They are at the lowest level, because all packages raise them, and import only the display of text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from .display import printable
from .translation import Message, _, joined

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "Attempt",
    "BillDownloadError",
    "BillError",
    "BillNotReady",
    "ConfigurationError",
    "DecryptionError",
    "UnknownMerchant",
    "WeChatPayError",
]

LONGEST = 4000
"""Maximum characters of a message."""


class Attempt(NamedTuple):
    """One attempt of a call.

    Attributes:
        origin: scheme, host and port of the server.
        error: the class name of the error, such as `TransportTimeout`.
        message: the error message.
        status_code: the HTTP status of the response; 0 if there was none.
        code: WeChat Pay's error code; empty if there was none.
        waited: seconds between this attempt and the next one; 0 after the last.
    """

    origin: str
    error: str
    message: str
    status_code: int
    code: str
    waited: float = 0.0


class WeChatPayError(Exception):
    """Base class of all errors of this library.

    An error can be pickled with its attributes, for a process pool or a task queue. Its request
    then loses its credentials and its options.

    Attributes:
        retryable: True if the same call can be sent again and take effect at most once: nothing was
            sent, WeChat Pay rejected it before processing, it only reads, or it contains a
            merchant-assigned number.
        attempts: the attempts of the call, including the last one; empty for an error that was not
            raised by a chain's call.
    """

    retryable: bool = False
    attempts: tuple[Attempt, ...] = ()

    __module__ = "wechatpay_chain.errors"

    def __init__(self, *args: Any) -> None:
        # Parts of a message may be external: a code, a header, a library's own text.
        super().__init__(*(_printable(a) if isinstance(a, str) else a for a in args))

    def __reduce__(self) -> Any:
        return _rebuilt, (type(self), self.args), self.__dict__


class ConfigurationError(WeChatPayError, ValueError):
    """An argument, key or option is invalid or missing; nothing was sent."""

    __module__ = "wechatpay_chain.errors"


class UnknownMerchant(ConfigurationError, LookupError):
    """The source of a `Merchants` does not have the merchant; nothing was sent."""

    __module__ = "wechatpay_chain.errors"


class DecryptionError(WeChatPayError):
    """A ciphertext could not be decrypted with the available key."""

    __module__ = "wechatpay_chain.errors"


class BillError(WeChatPayError, ValueError):
    """A bill is not in the form that WeChat Pay writes: it is truncated, altered, or unknown.

    Attributes:
        path: the path of the file; empty for a bill without a file.
        line: the line in the file, counted from 1; 0 if the error has no line.
        column: the official heading of the column; empty if the error has no column.
    """

    __module__ = "wechatpay_chain.errors"

    def __init__(self, message: str, *, path: str = "", line: int = 0, column: str = "") -> None:
        place = [path] if path else []
        if line:
            place.append(_("line {line}", line=line))
        if column:
            place.append(_("column {column}", column=column))
        where = joined(_(", "), place)
        super().__init__(
            _("{where}: {message}", where=where, message=message) if place else message
        )
        self.path = path
        self.line = line
        self.column = column


class BillNotReady(WeChatPayError):
    """WeChat Pay has not created the bill yet; retry later.

    Attributes:
        retry_at: when to retry, as an aware datetime in +08:00, or None if unknown.
    """

    __module__ = "wechatpay_chain.errors"

    retryable = True

    def __init__(self, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class BillDownloadError(WeChatPayError):
    """At least one of several bills could not be downloaded; all of them were tried.

    Attributes:
        files: the `BillFile` of each available bill, in the requested order.
        missing: a `BillFile` that identifies each of the other bills, without a file.
        errors: the errors of the missing bills, in the same order.
    """

    __module__ = "wechatpay_chain.errors"

    def __init__(
        self,
        message: str,
        files: tuple[Any, ...] = (),
        missing: tuple[Any, ...] = (),
        errors: tuple[WeChatPayError, ...] = (),
    ) -> None:
        super().__init__(message)
        self.files = files
        self.missing = missing
        self.errors = errors
        self.retryable = bool(errors) and all(each.retryable for each in errors)


def _rebuilt(kind: type[WeChatPayError], args: tuple[Any, ...]) -> WeChatPayError:
    """Create an error without its attributes; a subclass may have a different `__init__`."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error


def _printable(text: str) -> str:
    if isinstance(text, Message):
        return Message(printable("".join(text), LONGEST), printable(text.english, LONGEST))
    return printable(text, LONGEST)
