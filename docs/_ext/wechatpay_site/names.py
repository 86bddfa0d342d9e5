"""What the generated pages are called, and how they find each other."""

from __future__ import annotations

from urllib.parse import quote

from wechatpay_chain.catalogue import Operation, Webhook

__all__ = ["FOLDER", "anchor", "full_url", "notification_page", "operation_page", "product_page"]

FOLDER = "reference"
"""All of them lie in one folder, so that the way from one to another is its name alone."""


def operation_page(operation: Operation) -> str:
    """The name of an operation's page: its `operationId`."""
    return operation.id


def notification_page(webhook: Webhook) -> str:
    """The name of a notification's page.

    Not its `operationId`: two of these differ in their capitals only, and not every file system
    can keep such files apart.
    """
    return f"notification-{webhook.protocol}-{webhook.event.lower()}"


def product_page(product: str) -> str:
    """The name of a product's page: `v3-pay` for `v3/pay`."""
    return product.replace("/", "-")


def anchor(tag: str) -> str:
    """The id of a section on a product's page, unique on it."""
    return tag.replace("/", "-").replace(" ", "-")


def full_url(page: str, fragment: str = "") -> str:
    """The address of a generated page, as seen from another one."""
    return f"{quote(page)}.html{f'#{quote(fragment)}' if fragment else ''}"
