"""Candidates for completion: methods, paths segment by segment, products, events.

A path that ends in a slash can continue; the shell adds no space after it. Completion reads few
documents of the catalogue, mostly none or one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ..wording import counted
from .lookup import METHODS

if TYPE_CHECKING:
    from ...catalogue import Operation

    Items = list[CompletionItem[str]]

__all__ = ["branches", "events", "methods", "operations", "paths", "products", "variants"]

FEW = 3
"""Maximum number of products that are read to check whether their path ends there."""


def operations(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Return the candidates for `[METHOD] PATH`."""
    given: tuple[str, ...] = ctx.params.get(param.name or "") or ()
    method = given[0].upper() if given else None
    if len(given) > 1 or (method and method not in METHODS):
        return []
    items = (
        [] if method else [CompletionItem(m) for m in METHODS if m.startswith(incomplete.upper())]
    )
    return [*items, *_paths(incomplete, method)]


def branches(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Return the beginnings of paths."""
    return [item for item in _paths(incomplete, None) if item.value.endswith("/")]


def methods(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Return the methods that WeChat Pay uses."""
    return [CompletionItem(each) for each in METHODS if each.startswith(incomplete.upper())]


def paths(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Return the candidates for a path after a method in its own argument."""
    return _paths(incomplete, str(ctx.params.get("method") or "").upper() or None)


def products(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Return the documents that `openapi` can print."""
    from ... import catalogue
    from ...catalogue.documents import WEBHOOKS

    names = (*catalogue.products(), *WEBHOOKS)
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def events(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Return the types of notifications."""
    from ... import catalogue

    protocol = ctx.params.get("protocol")
    return [
        CompletionItem(webhook.event, help=webhook.title)
        for webhook in catalogue.webhooks()
        if webhook.event.lower().startswith(incomplete.lower())
        and protocol in (None, webhook.protocol)
    ]


def variants(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Return the forms of the notification type on the command line."""
    from ... import catalogue

    protocol = ctx.params.get("protocol") or "v3"
    webhook = catalogue.webhook(str(ctx.params.get("event")), protocol)
    return [
        CompletionItem(each.name, help=each.title)
        for each in (webhook.variants if webhook else ())
        if each.name.startswith(incomplete)
    ]


def _paths(incomplete: str, method: str | None) -> Items:
    """Return the next segments of a path."""
    typed = incomplete.lstrip("/")
    slashes = incomplete[: len(incomplete) - len(typed)]
    before, _, begun = typed.rpartition("/")
    found = _above(before, begun, method) if before.count("/") == 0 else _below(before, method)
    return [
        CompletionItem(f"{slashes}{before}{'/' if before else ''}{name}", help=about)
        for name, about in found
        if name.startswith(begun)
    ]


def _above(before: str, begun: str, method: str | None) -> Iterator[tuple[str, str]]:
    """Return the protocols and the products."""
    from ... import catalogue

    if not before:
        yield from (("v2/", "APIv2"), ("v3/", "APIv3"))
        return
    names = [name for name in catalogue.products() if name.startswith(f"{before}/{begun}")]
    for name in names:
        segment = name.partition("/")[2]
        if len(names) > FEW:
            yield f"{segment}/", "product"
        else:
            yield from _next(segment, catalogue.operations(name), 2, method)


def _below(before: str, method: str | None) -> Iterator[tuple[str, str]]:
    """Return the segments or values that can follow other segments."""
    from ...catalogue.registry import product_of, starting_with

    product = product_of(before)
    if product is None:
        return
    segments = before.split("/")
    following: dict[str, list[Operation]] = {}
    for operation in starting_with(product, segments):
        if len(operation.segments) > len(segments):
            following.setdefault(operation.segments[len(segments)], []).append(operation)
    for segment, found in sorted(following.items()):
        yield from _next(segment, found, len(segments) + 1, method)


def _next(
    segment: str, found: list[Operation] | tuple[Operation, ...], depth: int, method: str | None
) -> Iterator[tuple[str, str]]:
    """Yield a segment as the end of a path, as the beginning of longer ones, or as both."""
    wanted = [each for each in found if method in (None, each.method)]
    ending = [each for each in wanted if len(each.segments) == depth]
    if ending:
        yield segment, ", ".join(f"{each.method} {each.title}" for each in ending)
    if len(wanted) > len(ending):
        yield f"{segment}/", counted(len(wanted) - len(ending))
