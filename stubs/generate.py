"""Generate the types of all operations from the catalogue's documents.

Type checkers read the stub, such as `pay.pyi`. The module next to it, `pay.py`, is the importable
one, and contains only the TypedDicts.

    python stubs/generate.py

The package's build hook does the same, so that an installed package contains the types.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import notifications
import paths
from modules import Product

__all__ = ["generate"]

ROOT = Path(__file__).resolve().parent.parent


def generate(package: Path) -> None:
    """Write `typed/` into a package; unchanged files are not touched.

    Args:
        package: the folder `wechatpay_chain`, which contains the catalogue.
    """
    folder = package / "typed"
    files = {folder / name: text for name, text in _stubs(package / "catalogue")}
    for path in list(folder.rglob("*")):
        if path.is_file() and path not in files and path.suffix != ".pyc":
            path.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def _stubs(catalogue: Path) -> Iterator[tuple[str, str]]:
    for name in ("base.pyi", "base.py"):
        yield name, Path(__file__).with_name(name).read_text("utf-8")
    yield "__init__.py", '"""The types of what is sent and received, a module a product."""\n'
    yield "__init__.pyi", "from .v2 import V2 as V2\nfrom .v3 import V3 as V3\n"
    hooks = {
        protocol: json.loads((catalogue / "webhooks" / f"{protocol}.json").read_text("utf-8"))
        for protocol in ("v2", "v3")
    }
    yield "notifications.pyi", notifications.text(hooks)
    yield "notifications.py", notifications.at_run_time(hooks)
    yield "handlers.pyi", notifications.handlers(hooks)
    every: list[Product] = []
    for protocol in ("v2", "v3"):
        products = [
            Product(f"{protocol}/{path.stem}", json.loads(path.read_text("utf-8")))
            for path in sorted((catalogue / protocol).glob("*.json"))
        ]
        modules = {product.module: product for product in products}
        for module, product in modules.items():
            yield f"{protocol}/{module}.pyi", product.text()
            yield f"{protocol}/{module}.py", product.at_run_time()
        every += products
        imports = [f"from .{module} import {each.class_name}" for module, each in modules.items()]
        members = [
            f"    {each.attribute}: {each.class_name}\n    {each.title}" for each in products
        ]
        head = ["from wechatpay_chain.typed.base import Node", *imports]
        body = [f"class {protocol.upper()}(Node):", *members]
        yield f"{protocol}/__init__.py", f'"""The products of API{protocol}."""\n'
        yield f"{protocol}/__init__.pyi", "\n".join([*head, "", *body, ""])
    yield from paths.texts(every)


if __name__ == "__main__":
    generate(ROOT / "wechatpay_chain")
