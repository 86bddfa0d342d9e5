"""The documents in this folder, and the single document merged from them."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from ..utils.translation import _

__all__ = ["document", "load", "products"]

WEBHOOKS = ("webhooks/v2", "webhooks/v3")


@lru_cache(maxsize=1)
def products() -> tuple[str, ...]:
    """Return the top-level products, such as `v2/pay` and `v3/refund`; each has a document."""
    folder = files(__package__)
    return tuple(
        f"{protocol}/{name.removesuffix('.json')}"
        for protocol in ("v2", "v3")
        for name in sorted(entry.name for entry in folder.joinpath(protocol).iterdir())
        if name.endswith(".json")
    )


@cache
def load(name: str) -> Any:
    """Load one document, which is shared in this process: do not modify it.

    Args:
        name: a product, or `webhooks/v3`.
    """
    return json.loads(files(__package__).joinpath(f"{name}.json").read_bytes())


def document(product: str | None = None) -> dict[str, Any]:
    """Return an OpenAPI 3.1 document that the caller may modify.

    Args:
        product: such as `v3/pay`, or `webhooks/v3`; by default one document with everything.

    Raises:
        KeyError: the product does not exist.
    """
    if product is None:
        return _merged()
    if product not in (*products(), *WEBHOOKS):
        raise KeyError(
            _(
                "the catalogue has no document {product!r}; the documents are {products}, and "
                "{webhooks}",
                product=product,
                products=", ".join(products()),
                webhooks=" and ".join(WEBHOOKS),
            )
        )
    return _copy(product)


def _copy(name: str) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(load(name)))
    return copy


def _merged() -> dict[str, Any]:
    parts = [_copy(name) for name in (*products(), *WEBHOOKS)]
    tags = dict.fromkeys(tag["name"] for part in parts for tag in part["tags"])
    components: dict[str, dict[str, Any]] = {}
    for part in parts:
        for kind, named in part.get("components", {}).items():
            components.setdefault(kind, {}).update(named)
    merged = {
        **parts[0],
        "info": {**parts[0]["info"], "title": "微信支付 API"},
        "tags": [{"name": name} for name in tags],
        "paths": {path: item for part in parts for path, item in part.get("paths", {}).items()},
        "webhooks": {
            event: item for part in parts for event, item in part.get("webhooks", {}).items()
        },
        "components": components,
    }
    for part in parts:
        for item in part.get("paths", {}).values():
            for operation in item.values():
                operation.setdefault("security", part.get("security", []))
    return merged
