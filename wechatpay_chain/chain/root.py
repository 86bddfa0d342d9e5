"""What every chain begins with: a client's side of the chain."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..messages.response import Response
from .node import Chain, dunders
from .segments import segment
from .suggestions import raise_attribute_error

__all__ = ["ChainRoot"]

VERSION = re.compile("[vV][0-9]+")


class ChainRoot:
    """The root of chains: attributes `v3` and `v2`, strings in brackets or in `chain()`."""

    __slots__ = ()

    def chain(self, path: str) -> Chain:
        """A chain from a string, taken as it is; see `Chain.chain`."""
        return Chain(self).chain(path)

    def __getitem__(self, path: str) -> Chain:
        return self.chain(path)

    if TYPE_CHECKING:

        def request(self, method: str, path: str, options: Mapping[str, Any]) -> Response: ...

        def request_async(
            self, method: str, path: str, options: Mapping[str, Any]
        ) -> Coroutine[Any, Any, Response]: ...

    else:

        def __getattr__(self, name: str) -> Chain:
            return Chain(self, root(name, type(self)), name=name)

    __iter__ = None
    __contains__ = None

    def __dir__(self) -> list[str]:
        own = [name for name in object.__dir__(self) if not name.startswith("_")]
        return [*dunders(self), *own, "v2", "v3"]

    def _ipython_key_completions_(self) -> list[str]:
        return Chain(self)._ipython_key_completions_()


@lru_cache(maxsize=64)
def root(name: str, owner: type) -> str:
    """A client's attribute as the first segment of a path: `v2`, `v3`.

    Args:
        name: of the attribute.
        owner: the client's class, whose own names may have been meant.

    Raises:
        AttributeError: any other name.
    """
    if not VERSION.fullmatch(name):
        segment(name)  # refuses what a tool probes for
        raise_attribute_error(name, [own for own in dir(owner) if not own.startswith("_")])
    return name.lower()
