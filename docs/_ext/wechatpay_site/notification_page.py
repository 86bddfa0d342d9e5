"""The page of a notification: how to receive it, what it says, what arrives."""

from __future__ import annotations

from collections.abc import Iterator

from wechatpay_chain.catalogue import Webhook

from .examples import content_example
from .markup import Html, element, join, prose
from .names import full_url, notification_page
from .receivers import receivers
from .renderer import Crumb, Link, Page, Renderer, breadcrumb, contents, heading, method
from .tables import RETURNED, rows, section, table
from .tabs import Tab, tabs

__all__ = ["page"]

CONTENTS = (("接收 Receive", "receive"), ("内容 Content", "content"), ("请求 Request", "request"))


def page(
    webhook: Webhook, renderer: Renderer, before: Webhook | None, after: Webhook | None
) -> Page:
    """A notification's page.

    Args:
        webhook: from the catalogue.
        kit: what the site gives.
        before: the one before it.
        after: the one after it.
    """
    body = join(
        (
            breadcrumb(
                Crumb("通知 Notifications", "notifications.html"),
                Crumb(f"API{webhook.protocol}", full_url("notifications", webhook.protocol)),
            ),
            element("h1", webhook.title),
            element("p", *_chips(webhook), class_="wx-chips"),
            prose(webhook.spec.get("description", "")),
            element("div", method("POST"), element("code", "notify_url"), class_="wx-line"),
            heading(2, *CONTENTS[0]),
            element("p", *_receiving(webhook), renderer.guide("notifications")),
            tabs("framework", 0, _tabs(webhook, renderer)),
            heading(2, *CONTENTS[1]),
            element("p", *_content(webhook)),
            *_forms(webhook, renderer),
            heading(2, *CONTENTS[2]),
            *_request(webhook),
        ),
        "\n",
    )
    return Page(
        name=notification_page(webhook),
        title=webhook.title,
        body=element("div", body, class_="wx-page"),
        toc=contents(webhook.title, CONTENTS),
        previous=_link(before),
        following=_link(after),
    )


def _link(webhook: Webhook | None) -> Link | None:
    return Link(webhook.title, full_url(notification_page(webhook))) if webhook else None


def _chips(webhook: Webhook) -> Iterator[Html]:
    yield element("span", f"API{webhook.protocol}", class_="wx-chip")
    yield element("span", element("code", webhook.event), class_="wx-chip wx-product")
    yield element("span", webhook.body_type, class_="wx-chip")
    if _sealed(webhook):
        yield element("span", "内容加密 encrypted", class_="wx-chip")


def _sealed(webhook: Webhook) -> bool:
    """Whether what it says travels encrypted."""
    return webhook.resource != webhook.body


def _receiving(webhook: Webhook) -> Iterator[str]:
    if webhook.protocol == "v3":
        yield element("code", "wxpay.notify(headers, body)")
        yield " 验签并解密。 Verifies and decrypts. "
    else:
        yield element("code", "wxpay.notify_v2(body)")
        if any(each.name == "req_info" for each in webhook.body):
            yield " 解密。 Decrypts. "
        elif _sealed(webhook):
            yield " 验签并解密。 Verifies and decrypts. "
        else:
            yield " 验签。 Verifies. "


def _tabs(webhook: Webhook, renderer: Renderer) -> Iterator[Tab]:
    for receiver in receivers(webhook):
        key = receiver.framework.lower()
        yield Tab(key, receiver.framework, renderer.code(receiver.code))


def _content(webhook: Webhook) -> Iterator[str]:
    if not _sealed(webhook):
        yield element("code", "notice.resource")
        yield "：全部字段。 All of its fields."
    else:
        yield element("code", "notice.resource")
        yield "：解密之后的内容。 The decrypted content."
        if webhook.variants:
            yield " 这个事件有几种内容，每种产品各有自己的字段。"
            yield " It comes in several kinds: each product has fields of its own."


def _forms(webhook: Webhook, renderer: Renderer) -> Iterator[Html]:
    """A table and an example for each product that shares the event; else one of each."""
    if not webhook.variants:
        yield table(rows(webhook.resource), RETURNED)
        yield from _example(webhook, renderer)
    for form in webhook.variants:
        yield heading(3, f"{form.title} {form.name}", f"content-{form.name}")
        yield table(rows(form.resource), RETURNED)
        yield from _example(webhook, renderer, form.name)


def _example(webhook: Webhook, renderer: Renderer, variant: str = "") -> Iterator[Html]:
    text, language = content_example(webhook, variant)
    if text:
        title = element("summary", "示例 Example")
        short = text.count("\n") < 40
        yield element("details", title, renderer.code(text, language), open=short)


def _request(webhook: Webhook) -> Iterator[Html]:
    yield section("请求头 Headers", "headers", webhook.headers, required=RETURNED)
    if _sealed(webhook):
        yield element("h3", "请求体 Body ", element("code", webhook.body_type), id="body")
        yield table(rows(webhook.body, opened=False), RETURNED)
