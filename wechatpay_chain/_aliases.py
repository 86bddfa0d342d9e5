"""Short names of modules that users import: `wechatpay_chain.xml` is in `messages`.

The folders show the architecture, and a few modules in them are a user's own tools. These have a
name right under the package as well, which stays when folders change. Both names give the same
module object. Type checkers know the short names from the `.pyi` files beside this one.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["ALIASES", "install"]

ALIASES = {
    "wechatpay_chain.canonical": "wechatpay_chain.messages.canonical",
    "wechatpay_chain.certificates": "wechatpay_chain.keys.certificates",
    "wechatpay_chain.ipython": "wechatpay_chain.chain.ipython",
    "wechatpay_chain.transport.mock": "wechatpay_chain.testing.mock",
    "wechatpay_chain.xml": "wechatpay_chain.messages.xml",
}


class AliasFinder:
    """Finds a module under its short name.

    The base classes of `importlib.abc` would cost an import of 15 ms.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The spec of an alias; None for every other name."""
        if fullname not in ALIASES:
            return None
        loader: Any = AliasLoader(ALIASES[fullname])
        return ModuleSpec(fullname, loader)


class AliasLoader:
    """Gives the module of another name, which keeps its own spec.

    Args:
        name: of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself, imported if it was not yet."""
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Restore the spec that the import system has just replaced; the module has run already."""
        module.__spec__ = self._spec


def install() -> None:
    """Make the short names importable; again does nothing."""
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        finder: Any = AliasFinder()
        sys.meta_path.append(finder)
