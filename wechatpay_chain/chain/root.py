"""The root of all chains, a base class of the client."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..messages.response import Response
from ..utils.translation import _
from .node import Chain, dunders
from .segments import segment
from .suggestions import raise_attribute_error

if TYPE_CHECKING:
    from ..typed.paths import Paths  # the paths in the catalogue
else:
    Paths = object

__all__ = ["STARTS", "ChainRoot"]

STARTS = ("v2", "v3")
"""The attributes of a client that begin a chain."""

VERSION = re.compile("[vV][0-9]+")


class Start:
    """Descriptor for `v2` and `v3` of a client, where a chain begins.

    The attributes also exist on the class and can be set and deleted, so `unittest.mock` and
    `monkeypatch` can replace them in tests.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return Chain(NOBODY, self._name, name=self._name)
        replaced = client._replaced
        if replaced is not None and self._name in replaced:
            return replaced[self._name]
        return Chain(client, self._name, name=self._name)

    def __set__(self, client: Any, value: Any) -> None:
        client._replaced = {**(client._replaced or {}), self._name: value}

    def __delete__(self, client: Any) -> None:
        if client._replaced is None or self._name not in client._replaced:
            raise AttributeError(self._name)
        client._replaced = {
            name: each for name, each in client._replaced.items() if name != self._name
        }


class Nobody:
    """A placeholder for the client in a chain that belongs to a class."""

    def request(self, method: str, path: str, options: Mapping[str, Any]) -> Response:
        """Reject the call."""
        raise TypeError(
            _(
                "{method} {path} is called on the class WeChatPay; call it on a client",
                method=method,
                path=path,
            )
        )

    request_async: Any = request


NOBODY = Nobody()


class ChainRoot(Paths):
    """The root of chains: the attributes `v3` and `v2`, and strings in brackets or in `chain()`."""

    __slots__ = ()

    if TYPE_CHECKING:

        def request(self, method: str, path: str, options: Mapping[str, Any]) -> Response: ...

        def request_async(
            self, method: str, path: str, options: Mapping[str, Any]
        ) -> Coroutine[Any, Any, Response]: ...

    else:
        v2 = Start()
        v3 = Start()

        def chain(self, path: str) -> Chain:
            """Begin a chain with a string, unchanged; see `Chain.chain`."""
            return Chain(self).chain(path)

        def __getitem__(self, path: str) -> Chain:
            return self.chain(path)

        def __getattr__(self, name: str) -> Chain:
            return Chain(self, root(name, type(self)), name=name)

    __iter__ = None
    __contains__ = None

    def __dir__(self) -> list[str]:
        own = [name for name in object.__dir__(self) if not name.startswith("_")]
        return [*dunders(self), *own]

    def _ipython_key_completions_(self) -> list[str]:
        return Chain(self)._ipython_key_completions_()


@lru_cache(maxsize=64)
def root(name: str, owner: type) -> str:
    """Return a client's attribute name as the first segment of a path: `v2` or `v3`.

    Args:
        name: the attribute's name.
        owner: the client's class, which supplies suggestions for a misspelled name.

    Raises:
        AttributeError: any other name.
    """
    if not VERSION.fullmatch(name):
        segment(name)  # rejects the names that tools probe
        raise_attribute_error(name, [own for own in dir(owner) if not own.startswith("_")])
    return name.lower()
