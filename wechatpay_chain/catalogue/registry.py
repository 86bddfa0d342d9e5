"""Operations and notifications: all of them, one of them, those that match some words."""

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
"""How much a segment is like another one that is taken for a slip of it."""


@cache
def operations(product: str | None = None) -> tuple[Operation, ...]:
    """The operations of one product, or all of them, in the order of the documents.

    Args:
        product: such as `v3/pay`.

    Raises:
        KeyError: there is no such product.
    """
    if product is None:
        return tuple(operation for name in products() for operation in operations(name))
    if product not in products():
        raise KeyError(
            _(
                "the catalogue has no product {product!r}; it has {products}",
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
    """The product whose document has a path, or would have it; None above and beyond them."""
    protocol, _ignored, rest = path.lstrip("/").partition("/")
    name = f"{protocol.lower()}/{rest.partition('/')[0]}"
    return name if name in products() else None


def starting_with(product: str, segments: Sequence[str]) -> Iterator[Operation]:
    """The operations of a product whose paths begin with some segments, or values for them."""
    for operation in operations(product):
        if len(operation.segments) >= len(segments) and _fits(operation.segments, segments):
            yield operation


def _fits(template: Iterable[str], segments: Iterable[str]) -> bool:
    """Whether segments, of which the first may be in any case, are a template's or fill it."""
    pairs = list(zip(template, segments, strict=False))
    return all(
        ours == theirs or (ours.startswith("{") and theirs != "") for ours, theirs in pairs[1:]
    )


def find(method: str, path: str) -> Operation | None:
    """One operation, or None where the catalogue has none such.

    Args:
        method: HTTP method, in any case.
        path: a template (`v3/pay/transactions/id/{transaction_id}`), or a path with values in it;
            a query is ignored. Where several templates fit, the most literal one counts.
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
    """What an error code of an operation means, and what to do; empty where it is not known.

    Args:
        method: HTTP method, in any case.
        path: a template, or a path with values in it.
        code: as WeChat Pay answered it, such as `ORDER_CLOSED`.
    """
    operation = find(method, path)
    listed = operation.errors if operation is not None else ()
    return next((each.en for each in listed if each.code == code), "")


def search(words: str) -> tuple[Operation, ...]:
    """The operations in whose title, product, path, chain or id every word occurs; best first.

    An English word stands for its Chinese ones as well: `close order` finds 关单. Operations that
    merchants call come before those of partners, unless these are asked for.

    Args:
        words: one or more, of any language, divided by spaces; case does not matter.
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
    """A word, and what it stands for; nothing for an article or a preposition."""
    known = _vocabulary()
    for form in (word, word.removesuffix("s"), word.removesuffix("es"), f"{word[:-3]}y"):
        if form in known:
            return (word, form, *known[form]) if known[form] else ()
    return (word,)


@cache
def _vocabulary() -> dict[str, tuple[str, ...]]:
    """English words with the Chinese ones that they stand for, from `words.tsv`."""
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
    """In use; with the words in its title; APIv3; a merchant's; basic; as typed; a short title."""
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
    """Products that every merchant has come first, those for merchants abroad last."""
    if operation.product in BASIC:
        return 0
    abroad = operation.product == "v3/global"
    return ABROAD if abroad and not any("global" in meanings for meanings in wanted) else 1


def suggest(method: str, path: str, count: int = 3) -> tuple[Operation, ...]:
    """The operations that are most like one which the catalogue does not have; nearest first.

    An operation that ends something, or takes money back, is suggested only where that was asked
    for: `…/close` for `…/clsoe`, but not for `…/query`. For GET, nothing else than GET is.

    Args:
        method: HTTP method; another one counts as a small difference.
        path: as it was called, with values in it.
        count: how many at most.
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
    """Whether an operation does nothing that a request with these segments did not ask for."""
    if operation.method == method == "GET":
        return True
    if method == "GET" or (operation.method == "DELETE" and method != "DELETE"):
        return False
    last = len(operation.segments) - 1
    name, asked = operation.segments[last], segments[last] if last < len(segments) else ""
    ends = ENDING.match(name) is not None
    return not ends or difflib.SequenceMatcher(None, name, asked).ratio() >= ALIKE


def _filled(operation: Operation, segments: Sequence[str]) -> str:
    """An operation's path with its variables replaced by what stands at their places."""
    filled = [
        segments[index] if name.startswith("{") and index < len(segments) else name
        for index, name in enumerate(operation.segments)
    ]
    return "/".join(filled)


@lru_cache(maxsize=1)
def webhooks() -> tuple[Webhook, ...]:
    """All notifications, in the order of the documents."""
    return tuple(
        Webhook(key.partition("/")[2], key[:2], item["post"])
        for name in WEBHOOKS
        for key, item in load(name)["webhooks"].items()
    )


def webhook(event: str, protocol: str = "v3") -> Webhook | None:
    """One notification, or None where the catalogue has none such.

    Args:
        event: its type, such as `TRANSACTION.SUCCESS`.
        protocol: `v3`, or `v2`, where the same type means another notification.
    """
    found = (each for each in webhooks() if (each.event, each.protocol) == (event, protocol))
    return next(found, None)
