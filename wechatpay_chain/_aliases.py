"""Short names of public modules, such as `wechatpay_chain.xml` for `wechatpay_chain.messages.xml`.

The folders follow the architecture, but users import a few of the modules directly. Each of these
modules has a second name directly under the package, which stays the same when folders change. Both
names refer to the same module object. Type checkers find the short names in the `.pyi` files next
to this module.
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

    It does not derive from the base classes of `importlib.abc`: importing them takes 15 ms.
    """

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the spec of an alias, or None for any other name."""
        if fullname not in ALIASES:
            return None
        loader: Any = AliasLoader(ALIASES[fullname])
        return ModuleSpec(fullname, loader)


class AliasLoader:
    """Loads an alias as the module it stands for; that module keeps its own spec.

    Args:
        name: the full name of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module itself, and import it first if necessary."""
        module = importlib.import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Restore the spec that the import system has replaced; the module has already run."""
        module.__spec__ = self._spec


def install() -> None:
    """Make the short names importable; a second call does nothing."""
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        finder: Any = AliasFinder()
        sys.meta_path.append(finder)
