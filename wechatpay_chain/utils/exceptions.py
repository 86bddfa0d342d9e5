"""The errors that say nothing of a response; `wechatpay_chain.errors` has the whole tree.

They stand at the ground, because everything raises them, and import nothing but how text is shown.
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
"""Characters of a message."""


class Attempt(NamedTuple):
    """What one attempt of a call met.

    Attributes:
        origin: scheme, host and port that it went to.
        error: the error's class name, `TransportTimeout`, say.
        message: the error's text.
        status_code: the HTTP status of the response; 0 where none came.
        code: WeChat Pay's error code; empty where it sent none.
        waited: seconds between this attempt and the next one; 0 after the last.
    """

    origin: str
    error: str
    message: str
    status_code: int
    code: str
    waited: float = 0.0


class WeChatPayError(Exception):
    """Base of every error of this library.

    An error can be pickled, for a process pool or a task queue, with its attributes; the request in
    it loses its credentials on the way, and what was given as options.

    Attributes:
        retryable: True where the same call may be sent again and can take effect once at most:
            nothing of it was sent, or WeChat Pay turned it away before doing anything, or it only
            reads, or it carries the merchant's own number.
        attempts: what each attempt of the call met, this last one included; empty for an error
            that no call of a chain raised.
    """

    retryable: bool = False
    attempts: tuple[Attempt, ...] = ()

    __module__ = "wechatpay_chain.errors"

    def __init__(self, *args: Any) -> None:
        # Much of a message may come from outside: a code, a header, a library's own words.
        super().__init__(*(_printable(a) if isinstance(a, str) else a for a in args))

    def __reduce__(self) -> Any:
        return _rebuilt, (type(self), self.args), self.__dict__


class ConfigurationError(WeChatPayError, ValueError):
    """An argument, key or option is wrong or missing; nothing was sent."""

    __module__ = "wechatpay_chain.errors"


class UnknownMerchant(ConfigurationError, LookupError):
    """The source of a `Merchants` has no such merchant; nothing was sent."""

    __module__ = "wechatpay_chain.errors"


class DecryptionError(WeChatPayError):
    """A ciphertext could not be opened with the key at hand."""

    __module__ = "wechatpay_chain.errors"


class BillError(WeChatPayError, ValueError):
    """A bill is not what WeChat Pay writes: cut off, changed, or in an unknown form.

    Attributes:
        path: of the file; empty for a bill that has none.
        line: the line in the file, counted from 1; 0 where the fault has no line.
        column: the official heading of the column; empty where the fault has none.
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
    """WeChat Pay has not made a bill yet; ask again later.

    Attributes:
        retry_at: when to ask again, an aware datetime in +08:00; None where that is not known.
    """

    __module__ = "wechatpay_chain.errors"

    retryable = True

    def __init__(self, message: str, retry_at: datetime | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class BillDownloadError(WeChatPayError):
    """Some of several bills could not be downloaded; all of them were tried.

    Attributes:
        files: the `BillFile` of each bill that is at hand, in the order asked for.
        missing: a `BillFile` that says which it is, of each of the others; there is no file.
        errors: what was raised for each of the missing ones, in the same order.
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
    """An error without its attributes; `__init__` of a subclass may take other arguments."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error


def _printable(text: str) -> str:
    if isinstance(text, Message):
        return Message(printable("".join(text), LONGEST), printable(text.english, LONGEST))
    return printable(text, LONGEST)
