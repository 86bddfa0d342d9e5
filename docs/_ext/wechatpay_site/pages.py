"""All generated pages, in the order of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from wechatpay_chain.catalogue import operations, products, webhooks

from . import notification_page, operation_page, product_page
from .renderer import Page, Renderer

__all__ = ["pages"]

T = TypeVar("T")


def pages(renderer: Renderer) -> Iterator[Page]:
    """A page for each product, operation and notification.

    Args:
        renderer: what the site gives.
    """
    for product, before, after in _neighbours(products()):
        yield product_page.page(product, renderer, before, after)
    for product in products():
        for operation, earlier, later in _neighbours(operations(product)):
            yield operation_page.page(operation, renderer, earlier, later)
    for webhook, one, other in _neighbours(webhooks()):
        yield notification_page.page(webhook, renderer, one, other)


def _neighbours(items: Sequence[T]) -> Iterator[tuple[T, T | None, T | None]]:
    """Each item with the one before it and the one after it."""
    for index, item in enumerate(items):
        before = items[index - 1] if index else None
        after = items[index + 1] if index + 1 < len(items) else None
        yield item, before, after
