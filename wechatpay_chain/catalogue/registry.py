"""Finds and searches operations and notifications."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from ..utils.translation import _
from .documents import WEBHOOKS, load, products
from .operation import Operation, Webhook

__all__ = [
    "starting_with",
    "find",
    "operations",
    "product_of",
    "reason",
    "search",
    "suggest",
    "webhook",
    "webhooks",
]

ENDING = re.compile(
    "(?!.*query).*(?:cancel|close|deactivate|delete|reject|remove|reverse|revoke|stop|terminate"
    "|refund|return|unbind|unfreeze|unlock|withdraw)"
)
"""The last segments of operations that end something, or take money back."""
BASIC = frozenset({"v3/pay", "v3/refund", "v3/bill"})
"""Products that every merchant has."""
ABROAD = 2
"""The rank of operations for merchants outside China."""
ALIKE = 0.6
"""Minimum similarity of a segment to count as a misspelling."""


@cache
def operations(product: str | None = None) -> tuple[Operation, ...]:
    """Return the operations of one product, or all of them, in the order of the documents.

    Args:
        product: such as `v3/pay`.

    Raises:
        KeyError: the product does not exist.
    """
    if product is None:
        return tuple(operation for name in products() for operation in operations(name))
    if product not in products():
        raise KeyError(
            _(
                "the catalogue has no product {product!r}; the products are {products}",
                product=product,
                products=", ".join(products()),
            )
        )
    prefix = "v2" if product.startswith("v2/") else ""
    return tuple(
        Operation(verb.upper(), f"{prefix}{path}".removeprefix("/"), spec)
        for path, item in load(product)["paths"].items()
        for verb, spec in item.items()
    )


def product_of(path: str) -> str | None:
    """Return the product of a path (known or not), or None if there is no such product."""
    protocol, _ignored, rest = path.lstrip("/").partition("/")
    name = f"{protocol.lower()}/{rest.partition('/')[0]}"
    return name if name in products() else None


def starting_with(product: str, segments: Sequence[str]) -> Iterator[Operation]:
    """Yield the operations of a product with paths that begin with segments, or values for them."""
    for operation in operations(product):
        if len(operation.segments) >= len(segments) and _fits(operation.segments, segments):
            yield operation


def _fits(template: Iterable[str], segments: Iterable[str]) -> bool:
    """Return whether segments match a template; letter case is ignored in the first one."""
    pairs = list(zip(template, segments, strict=False))
    return all(
        ours == theirs or (ours.startswith("{") and theirs != "") for ours, theirs in pairs[1:]
    )


def find(method: str, path: str) -> Operation | None:
    """Return one operation, or None if the catalogue does not have it.

    Args:
        method: HTTP method, in any letter case.
        path: a template (`v3/pay/transactions/id/{transaction_id}`), or an expanded path; a query
            is ignored. If several templates match, the most literal one is used.
    """
    path = path.partition("?")[0].lstrip("/")
    product = product_of(path)
    if product is None:
        return None
    segments = path.split("/")
    fitting = [
        operation
        for operation in starting_with(product, segments)
        if operation.method == method.upper() and len(operation.segments) == len(segments)
    ]
    return max(fitting, key=lambda each: _likeness(each.segments, segments), default=None)


def _likeness(template: Sequence[str], segments: Sequence[str]) -> tuple[bool, ...]:
    return tuple(ours == theirs for ours, theirs in zip(template, segments, strict=True))


def reason(method: str, path: str, code: str) -> str:
    """Return the reason and remedy for an error code of an operation; empty if unknown.

    Args:
        method: HTTP method, in any letter case.
        path: a template, or an expanded path.
        code: WeChat Pay's error code, such as `ORDER_CLOSED`.
    """
    operation = find(method, path)
    listed = operation.errors if operation is not None else ()
    return next((each.en for each in listed if each.code == code), "")


def search(words: str) -> tuple[Operation, ...]:
    """Return the operations with every word in their title, product, path, chain or id, best first.

    An English word also matches its Chinese equivalents: `close order` finds 关单. Operations for
    merchants come before those for partners, unless the words ask for partners.

    Args:
        words: one or more words in any language, separated by spaces; letter case is ignored.
    """
    wanted = [each for word in words.lower().split() if (each := _meanings(word))]
    if not wanted:
        return ()
    found = [
        each
        for each in operations()
        if all(any(word in _text(each) for word in meanings) for meanings in wanted)
    ]
    partner = any("partner" in meanings or "服务商" in meanings for meanings in wanted)
    return tuple(sorted(found, key=lambda each: _distance(each, wanted, partner)))


def _meanings(word: str) -> tuple[str, ...]:
    """Return a word and its equivalents; empty for an article or a preposition."""
    known = _vocabulary()
    for form in (word, word.removesuffix("s"), word.removesuffix("es"), f"{word[:-3]}y"):
        if form in known:
            return (word, form, *known[form]) if known[form] else ()
    return (word,)


@cache
def _vocabulary() -> dict[str, tuple[str, ...]]:
    """Return English words with their Chinese equivalents, from `words.tsv`."""
    text = files(__package__).joinpath("words.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {word: tuple(chinese.split()) for words, chinese in rows for word in words.split()}


@cache
def _text(operation: Operation) -> str:
    spec = operation.spec
    parts = (operation.title, *operation.tags, operation.path, spec["x-wechatpay-chain"])
    return "\n".join((*parts, operation.id, operation.method)).lower()


def _distance(
    operation: Operation, wanted: Iterable[tuple[str, ...]], partner: bool
) -> tuple[bool, int, bool, bool, int, bool, int]:
    """The sort key: in use; words in its title; APIv3; for merchants; basic; order; short title."""
    title, rank = operation.title.lower(), _rank(operation, wanted)
    missing = sum(not any(word in title for word in meanings) for meanings in wanted)
    translated = sum(meanings[0] not in title for meanings in wanted)
    return (
        operation.retired,
        missing,
        operation.protocol == "v2",
        (operation.mode == "partner" and not partner) or rank == ABROAD,
        rank,
        translated > missing,
        len(title),
    )


def _rank(operation: Operation, wanted: Iterable[tuple[str, ...]]) -> int:
    """Rank products that every merchant has first, and those for merchants abroad last."""
    if operation.product in BASIC:
        return 0
    abroad = operation.product == "v3/global"
    return ABROAD if abroad and not any("global" in meanings for meanings in wanted) else 1


def suggest(method: str, path: str, count: int = 3) -> tuple[Operation, ...]:
    """Return the operations most similar to an unknown one, nearest first.

    An operation that ends something, or takes money back, is suggested only for a similar name:
    `…/close` for `…/clsoe`, but not for `…/query`. For GET, only GET operations are suggested.

    Args:
        method: HTTP method; a different one counts as a small difference.
        path: the expanded path of the call.
        count: maximum number of operations.
    """
    wanted = path.partition("?")[0].strip("/")
    names: dict[str, list[Operation]] = {}
    for operation in operations():
        filled = _filled(operation, wanted.split("/"))
        names.setdefault(filled, []).append(operation)
    near = difflib.get_close_matches(wanted, names, n=2 * count, cutoff=0.75)
    found = [
        operation
        for name in near
        for operation in names[name]
        if name == wanted or _is_harmless(operation, method.upper(), wanted.split("/"))
    ]
    found.sort(key=lambda each: each.method != method.upper())
    return tuple(found[:count])


def _is_harmless(operation: Operation, method: str, segments: Sequence[str]) -> bool:
    """Return whether an operation has no effect that the segments do not ask for."""
    if operation.method == method == "GET":
        return True
    if method == "GET" or (operation.method == "DELETE" and method != "DELETE"):
        return False
    last = len(operation.segments) - 1
    name, asked = operation.segments[last], segments[last] if last < len(segments) else ""
    ends = ENDING.match(name) is not None
    return not ends or difflib.SequenceMatcher(None, name, asked).ratio() >= ALIKE


def _filled(operation: Operation, segments: Sequence[str]) -> str:
    """Return an operation's path with its variables replaced by the segments at their places."""
    filled = [
        segments[index] if name.startswith("{") and index < len(segments) else name
        for index, name in enumerate(operation.segments)
    ]
    return "/".join(filled)


@lru_cache(maxsize=1)
def webhooks() -> tuple[Webhook, ...]:
    """Return all notifications, in the order of the documents."""
    return tuple(
        Webhook(key.partition("/")[2], key[:2], item["post"])
        for name in WEBHOOKS
        for key, item in load(name)["webhooks"].items()
    )


def webhook(event: str, protocol: str = "v3") -> Webhook | None:
    """Return one notification, or None if the catalogue does not have it.

    Args:
        event: the event type, such as `TRANSACTION.SUCCESS`.
        protocol: `v3`, or `v2`, where the same type is a different notification.
    """
    found = (each for each in webhooks() if (each.event, each.protocol) == (event, protocol))
    return next(found, None)
