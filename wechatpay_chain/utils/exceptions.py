"""The errors that say nothing of a response; `wechatpay_chain.errors` has the whole tree.

They stand at the ground, because everything raises them, and import nothing but how text is shown.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .display import printable

__all__ = [
    "Attempt",
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
        super().__init__(*(printable(a, LONGEST) if isinstance(a, str) else a for a in args))

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


def _rebuilt(kind: type[WeChatPayError], args: tuple[Any, ...]) -> WeChatPayError:
    """An error without its attributes; `__init__` of a subclass may take other arguments."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error
