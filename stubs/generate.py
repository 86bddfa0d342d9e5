"""Write the type stubs of all operations, from the catalogue's documents.

    python stubs/generate.py

The package's build hook does the same, so that an installed package has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import notifications
from modules import Product

__all__ = ["generate"]

ROOT = Path(__file__).resolve().parent.parent


def generate(package: Path) -> None:
    """Write `typed/` into a package; what is there already and the same stays untouched.

    Args:
        package: the folder of `wechatpay_chain`, which has the catalogue in it.
    """
    folder = package / "typed"
    files = {folder / name: text for name, text in _stubs(package / "catalogue")}
    for path in list(folder.rglob("*")):
        if path.is_file() and path not in files:
            path.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def _stubs(catalogue: Path) -> Iterator[tuple[str, str]]:
    yield "base.pyi", Path(__file__).with_name("base.pyi").read_text("utf-8")
    yield "__init__.pyi", "from .v2 import V2 as V2\nfrom .v3 import V3 as V3\n"
    hooks = {
        protocol: json.loads((catalogue / "webhooks" / f"{protocol}.json").read_text("utf-8"))
        for protocol in ("v2", "v3")
    }
    yield "notifications.pyi", notifications.text(hooks)
    yield "handlers.pyi", notifications.handlers(hooks)
    for protocol in ("v2", "v3"):
        products = [
            Product(f"{protocol}/{path.stem}", json.loads(path.read_text("utf-8")))
            for path in sorted((catalogue / protocol).glob("*.json"))
        ]
        modules = {_module(product): product for product in products}
        for module, product in modules.items():
            yield f"{protocol}/{module}.pyi", product.text()
        imports = [f"from .{module} import {each.class_name}" for module, each in modules.items()]
        members = [f"    {each.attribute}: {each.class_name}" for each in products]
        head = ["from wechatpay_chain.typed.base import Node", *imports]
        body = [f"class {protocol.upper()}(Node):", *members]
        yield f"{protocol}/__init__.pyi", "\n".join([*head, "", *body, ""])


def _module(product: Product) -> str:
    """`v3/global` in a module `global_`: a keyword cannot be imported."""
    return product.attribute if product.attribute.endswith("_") else _snake(product.name)


def _snake(name: str) -> str:
    return name.partition("/")[2].replace("-", "_")


if __name__ == "__main__":
    generate(ROOT / "wechatpay_chain")
