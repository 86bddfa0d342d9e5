"""The page of a product, and the lists of all products and of all notifications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from wechatpay_chain.catalogue import Operation, Webhook, operations, products, webhooks

from .markup import Html, element, join
from .names import anchor, full_url, notification_page, operation_page, product_page
from .renderer import Crumb, Link, Page, Renderer, method

__all__ = ["notification_index", "page", "product_index", "tagged"]

SOME = 3
"""How many titles tell what a product without an official name is about."""


def tagged(product: str) -> dict[str, list[Operation]]:
    """A product's operations by the official names they come under; those without, last.

    Args:
        product: such as `v3/pay`.
    """
    found: dict[str, list[Operation]] = {}
    for operation in operations(product):
        for tag in operation.tags:
            found.setdefault(tag, []).append(operation)
    nameless = found.pop(product, None)
    return {**found, **({product: nameless} if nameless else {})}


def page(product: str, renderer: Renderer, before: str | None, after: str | None) -> Page:
    """A product's page: its operations below their official names.

    Args:
        product: such as `v3/pay`.
        renderer: what the site gives.
        before: the product before it.
        after: the one after it.
    """
    by_tag = tagged(product)
    entries = [(_name(tag, product, by_tag, renderer), anchor(tag)) for tag in by_tag]
    body = join(
        (
            renderer.breadcrumb(Crumb(renderer.say("operations"), "index.html")),
            element("h1", element("code", product)),
            element("p", *_facts(product, by_tag, renderer), class_="wx-chips"),
            *(
                part
                for (title, ident), listed in zip(entries, by_tag.values(), strict=True)
                for part in _listed(title, ident, listed, renderer)
            ),
        ),
        "\n",
    )
    return Page(
        name=product_page(product),
        title=product,
        body=element("div", body, class_="wx-page"),
        toc=renderer.contents(product, entries) if len(entries) > 1 else Html(),
        previous=_link(before, renderer),
        following=_link(after, renderer),
    )


def _link(product: str | None, renderer: Renderer) -> Link | None:
    return renderer.link(product, full_url(product_page(product))) if product else None


def _name(tag: str, product: str, by_tag: dict[str, list[Operation]], renderer: Renderer) -> str:
    """The heading of a product's operations; those without a name of their own come last."""
    if tag != product:
        return tag
    return renderer.say("other" if len(by_tag) > 1 else "all_operations")


def _facts(product: str, by_tag: dict[str, list[Operation]], renderer: Renderer) -> Iterator[Html]:
    count = len({operation.id for listed in by_tag.values() for operation in listed})
    yield element("span", f"API{product[:2]}", class_="wx-chip")
    yield element("span", renderer.say("operation_count", count=count), class_="wx-chip")


def _listed(
    title: str, ident: str, listed: Iterable[Operation], renderer: Renderer
) -> Iterator[Html]:
    yield renderer.heading(2, title, ident)
    yield element("ul", *(_entry(each, renderer) for each in listed), class_="wx-list")


def _entry(operation: Operation, renderer: Renderer) -> Html:
    retired = element("span", renderer.say("retired"), class_="wx-chip wx-retired")
    title = element(
        "a",
        operation.title,
        href=full_url(operation_page(operation)),
        lang=renderer.chinese(operation.title),
    )
    path = operation.path.removeprefix(f"{operation.product}").split("/")
    return element(
        "li",
        method(operation.method),
        element("span", title, retired if operation.retired else Html(), class_="wx-entry-title"),
        element("code", element("span", operation.product), join(path, Html("/<wbr>"))),
    )


def product_index(renderer: Renderer) -> Html:
    """All products by their paths, with the official names they come under, and a filter."""
    filter_ = element(
        "input",
        type="search",
        class_="wx-filter",
        placeholder=renderer.say("filter_hint"),
        aria_label=renderer.say("filter"),
        autocomplete="off",
    )
    groups = [_group(protocol, renderer) for protocol in ("v3", "v2")]
    return element("div", filter_, *groups, class_="wx-page wx-index")


def _group(protocol: str, renderer: Renderer) -> Html:
    listed = [product for product in products() if product.startswith(protocol)]
    count = sum(len(operations(product)) for product in listed)
    aside = element("span", renderer.say("operation_count", count=count), class_="wx-count")
    title = element("h2", f"API{protocol} ", aside, id=f"api{protocol}")
    items = element("ul", *(_product(each, renderer) for each in listed), class_="wx-products")
    return element("section", title, items)


def _product(product: str, renderer: Renderer) -> Html:
    url = product_page(product)
    by_tag = tagged(product)
    link = element("a", element("code", product), href=full_url(url))
    count = element("span", str(len(operations(product))), class_="wx-count")
    names = [
        element(
            "a",
            renderer.official(tag),
            element("span", str(len(listed)), class_="wx-count"),
            href=_at(url, tag),
        )
        for tag, listed in by_tag.items()
        if tag != product
    ]
    return element(
        "li",
        element("div", link, count, class_="wx-product-path"),
        element("div", *(names or [_some(product, renderer)]), class_="wx-product-names"),
    )


def _some(product: str, renderer: Renderer) -> Html:
    """A few titles, to tell what a product without an official name is about."""
    titles = [operation.title for operation in operations(product)]
    more = " …" if len(titles) > SOME else ""
    text = f"{'、'.join(titles[:SOME])}{more}"
    return element("span", text, class_="wx-some", lang=renderer.chinese(text))


def _at(page_name: str, tag: str) -> str:
    return full_url(page_name, anchor(tag))


def notification_index(renderer: Renderer) -> Html:
    """All notifications, by the version of the API."""
    counts = Counter(webhook.protocol for webhook in webhooks())
    parts: list[Html] = []
    for protocol in ("v3", "v2"):
        count = renderer.say("notification_count", count=counts[protocol])
        aside = element("span", count, class_="wx-count")
        parts.append(element("h2", f"API{protocol} ", aside, id=protocol))
        listed = (webhook for webhook in webhooks() if webhook.protocol == protocol)
        entries = (_notification(each, renderer) for each in listed)
        parts.append(element("ul", *entries, class_="wx-list"))
    return element("div", *parts, class_="wx-page")


def _notification(webhook: Webhook, renderer: Renderer) -> Html:
    title = renderer.official(webhook.title.replace(f"({webhook.event})", ""))
    return element(
        "li",
        element("span", element("a", title, href=full_url(notification_page(webhook)))),
        element("code", join(webhook.event.split("."), Html(".<wbr>"))),
    )
