"""The stubs of paths as strings: `wxpay["v3/pay/transactions/native"]` and `wxpay.chain("…")`.

An overload per path returns the place of the path. Pyright evaluates all overloads of a method
together, so with the classes of the products as return types, it reads the stubs of all products
as soon as one string is used. The return types for pyright are therefore classes next to the
overloads, which refer to the verbs of a product; pyright reads a product when its verb is used.

Mypy rejects such references to methods of another class. It reads all stubs anyway, so its
overloads return the classes of the products. `MYPY` is true for mypy only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from annotations import quoted
from modules import Place, Product

__all__ = ["texts"]

PATHS = """\
MYPY = False  # mypy takes it as true

if MYPY:
    from .strings_for_mypy import Strings

    class Paths(Strings): ...
else:
    from . import strings

    class Paths:
        chain = strings.Strings.chain
        __getitem__ = strings.Strings.chain
"""
FIRST = ("v3/pay", "v3/refund", "v3/bill", "v3/combine-transactions", "v3/profitsharing", "v2/pay")
"""The products that most programs use, whose paths come first: checkers try the overloads in order,
and pyright takes a tenth longer for a script with paths far behind."""
HEAD = """\
from typing import Literal, TypeVar, overload

from wechatpay_chain.chain.node import Chain
from wechatpay_chain.typed.base import Node
"""
TEXT = """\
Text = TypeVar("Text", bound=str)  # beside a plain `str` pyright completes no literals in brackets
"""


def texts(products: Iterable[Product]) -> Iterator[tuple[str, str]]:
    """Yield the name and text of each module.

    Args:
        products: all products, after their `text`.
    """
    ranks = {name: rank for rank, name in enumerate(FIRST)}
    ranked = sorted(products, key=lambda product: ranks.get(product.name, len(FIRST)))
    every = [(_module(product), place) for product in ranked for place in product.places()]
    imports = [
        f"from .{name.partition('_')[0]} import {name.partition('_')[2]} as {name}"
        for name in dict.fromkeys(name for name, _ in every)
    ]
    head = "\n".join([HEAD, *imports, "", TEXT])
    exact = {place.path: f"{module}.{place.class_name}" for module, place in every}
    light = {place.path: _class_name(module, place) for module, place in every}
    classes = [line for module, place in every for line in _class(module, place)]
    yield "paths.pyi", PATHS
    yield "strings.pyi", "\n".join([head, *classes, *_strings(light), ""])
    yield "strings_for_mypy.pyi", "\n".join([head, *_strings(exact), ""])


def _module(product: Product) -> str:
    return f"{product.protocol}_{product.module}"


def _class_name(module: str, place: Place) -> str:
    return f"{module.partition('_')[0].upper()}{place.class_name}"


def _class(module: str, place: Place) -> Iterator[str]:
    yield f"class {_class_name(module, place)}(Node):"
    for attribute, inner in place.below.items():
        yield f"    {attribute}: {module}.{inner.class_name}"
    for verb in place.verbs:
        for name in (verb, f"{verb}_async"):
            yield f"    {name} = {module}.{place.class_name}.{name}"


def _strings(places: Mapping[str, str]) -> Iterator[str]:
    yield "class Strings:"
    for path, kind in places.items():
        yield "    @overload"
        yield f"    def chain(self, path: Literal[{quoted(path)}], /) -> {kind}: ..."
    yield "    @overload"
    yield "    def chain(self, path: Text) -> Chain:"
    yield '        """A chain from a string, taken as it is; any string makes one."""'
    yield "    __getitem__ = chain"
