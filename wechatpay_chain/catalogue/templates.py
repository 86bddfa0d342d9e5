"""Finds the template and the id of an operation by method and path.

`Request` uses this module, so it must not import requests or the rest of the catalogue. A product's
document is read on the first lookup of one of its paths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from .documents import load, products

__all__ = ["Template", "template"]

VARIABLE = re.compile("{[^{}/]+}")


class Template(NamedTuple):
    """The identity of an operation.

    Attributes:
        path: as written in a chain: `v3/pay/transactions/id/{transaction_id}`, `v2/pay/micropay`.
        operation_id: unique in the catalogue.
    """

    path: str
    operation_id: str


Candidate = tuple[re.Pattern[str], Template]


def template(method: str, path: str) -> Template | None:
    """Return an operation's template; None if it is unknown or the catalogue cannot be read.

    Args:
        method: upper-case HTTP method.
        path: the sent path without that of `base_uri`: `/v3/refund/…`, and for APIv2
            `/pay/micropay`. If several templates match, the most literal one is used.
    """
    path = path.lstrip("/")
    protocol, _, rest = (path if path[:3].lower() == "v3/" else f"v2/{path}").partition("/")
    product = f"{protocol.lower()}/{rest.partition('/')[0]}"
    try:
        if product not in products():
            return None
        candidates = _candidates(product).get((method, rest.count("/")), ())
    except (ImportError, OSError):  # no free file descriptor, or no documents
        return None
    return next((known for pattern, known in candidates if pattern.fullmatch(rest)), None)


@cache
def _candidates(product: str) -> Mapping[tuple[str, int], list[Candidate]]:
    """Return a product's templates by method and number of slashes, the most literal one first."""
    found: dict[tuple[str, int], list[Candidate]] = {}
    protocol = product[:2]
    for path, item in sorted(load(product)["paths"].items(), key=_literalness, reverse=True):
        rest = path.removeprefix(f"/{protocol}").removeprefix("/")
        pattern = re.compile("[^/]+".join(map(re.escape, VARIABLE.split(rest))))
        for verb, spec in item.items():
            known = Template(f"{protocol}/{rest}", spec["operationId"])
            found.setdefault((verb.upper(), rest.count("/")), []).append((pattern, known))
    return found


def _literalness(item: tuple[str, object]) -> tuple[bool, ...]:
    return tuple("{" not in segment for segment in item[0].split("/"))
