"""The stub of paths as strings: `wxpay["v3/pay/transactions/native"]` and `wxpay.chain("…")`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from annotations import quoted
from modules import Product

__all__ = ["text"]

PRODUCTS = frozenset(
    {
        *("v3/pay", "v3/combine-transactions", "v3/refund", "v3/bill", "v3/profitsharing"),
        *("v3/fund-app", "v3/payscore", "v3/certificates", "v2/pay", "v2/secapi"),
    }
)
"""Pyright reads the stubs of all products with a string here as soon as one is used. With these, it
takes 1.3 times as long as without any; with all products, 2.4 times."""
HEAD = """\
from typing import Literal, TypeVar, overload

from wechatpay_chain.chain.node import Chain
"""
TEXT = """\
Text = TypeVar("Text", bound=str)  # beside a plain `str` pyright completes no literals in brackets
"""


def text(products: Iterable[Product]) -> str:
    """Return the module.

    Args:
        products: all products; those that most shops use have their paths in it.
    """
    used = [each for each in products if each.name in PRODUCTS]
    imports = [
        f"from .{each.protocol} import {each.module} as {each.protocol}_{each.module}"
        for each in used
    ]
    places = {
        path: f"{each.protocol}_{each.module}.{name}"
        for each in used
        for path, name in each.places()
    }
    methods = [line for name in ("chain", "__getitem__") for line in _method(name, places)]
    return "\n".join([HEAD, *imports, "", TEXT, "class Paths:", *methods, ""])


def _method(name: str, places: dict[str, str]) -> Iterator[str]:
    for path, kind in places.items():
        yield "    @overload"
        yield f"    def {name}(self, path: Literal[{quoted(path)}], /) -> {kind}: ..."
    yield "    @overload"
    yield f"    def {name}(self, path: {'Text' if name == '__getitem__' else 'str'}) -> Chain:"
    yield '        """A chain from a string, taken as it is; any string makes one."""'
