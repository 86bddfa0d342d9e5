"""The errors that say nothing of a response; `wechatpay_chain.errors` has the whole tree.

They stand at the ground, because everything raises them, and import nothing but how text is shown.
"""

from __future__ import annotations

from typing import Any

from .display import printable

__all__ = [
    "ConfigurationError",
    "DecryptionError",
    "TransportError",
    "TransportTimeout",
    "UnknownMerchant",
    "WeChatPayError",
]

LONGEST = 4000
"""Characters of a message."""


class WeChatPayError(Exception):
    """Base of every error of this library.

    An error can be pickled, for a process pool or a task queue, with its attributes; the request in
    it loses its credentials on the way, and what was given as options.
    """

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


class TransportError(WeChatPayError):
    """No usable answer came back; the server may or may not have acted on the request."""

    __module__ = "wechatpay_chain.errors"


class TransportTimeout(TransportError, TimeoutError):
    """Connecting, or waiting for the next bytes, took longer than `timeout`."""

    __module__ = "wechatpay_chain.errors"


class DecryptionError(WeChatPayError):
    """A ciphertext could not be opened with the key at hand."""

    __module__ = "wechatpay_chain.errors"


def _rebuilt(kind: type[WeChatPayError], args: tuple[Any, ...]) -> WeChatPayError:
    """An error without its attributes; `__init__` of a subclass may take other arguments."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error
