"""The page of a notification: how to receive it, what it says, what arrives."""

from __future__ import annotations

from collections.abc import Iterator

from wechatpay_chain.catalogue import Webhook

from .examples import content_example
from .markup import Html, element, join, prose
from .names import full_url, notification_page
from .receivers import receivers
from .renderer import Crumb, Link, Page, Renderer, method
from .tables import rows, section, table
from .tabs import Tab, tabs

__all__ = ["page"]

CONTENTS = ("receive", "content", "request")


def page(
    webhook: Webhook, renderer: Renderer, before: Webhook | None, after: Webhook | None
) -> Page:
    """A notification's page.

    Args:
        webhook: from the catalogue.
        renderer: what the site gives.
        before: the one before it.
        after: the one after it.
    """
    entries = renderer.headings(*CONTENTS)
    receive, content, request = (renderer.heading(2, *entry) for entry in entries)
    description = webhook.spec.get("description", "")
    body = join(
        (
            renderer.breadcrumb(
                Crumb(renderer.say("notifications"), "notifications.html"),
                Crumb(f"API{webhook.protocol}", full_url("notifications", webhook.protocol)),
            ),
            element("h1", renderer.official(webhook.title)),
            element("p", *_chips(webhook, renderer), class_="wx-chips"),
            element("div", prose(description), lang=renderer.chinese(description)),
            element("div", method("POST"), element("code", "notify_url"), class_="wx-line"),
            receive,
            element("p", *_receiving(webhook, renderer), renderer.guide("notifications")),
            tabs("framework", 0, _tabs(webhook, renderer)),
            content,
            element("p", *_content(webhook, renderer)),
            *_forms(webhook, renderer),
            request,
            *_request(webhook, renderer),
        ),
        "\n",
    )
    return Page(
        name=notification_page(webhook),
        title=webhook.title,
        body=element("div", body, class_="wx-page"),
        toc=renderer.contents(webhook.title, entries),
        previous=_link(before, renderer),
        following=_link(after, renderer),
    )


def _link(webhook: Webhook | None, renderer: Renderer) -> Link | None:
    if webhook is None:
        return None
    return renderer.link(webhook.title, full_url(notification_page(webhook)))


def _chips(webhook: Webhook, renderer: Renderer) -> Iterator[Html]:
    yield element("span", f"API{webhook.protocol}", class_="wx-chip")
    yield element("span", element("code", webhook.event), class_="wx-chip wx-product")
    yield element("span", webhook.body_type, class_="wx-chip")
    if _sealed(webhook):
        yield element("span", renderer.say("content_encrypted"), class_="wx-chip")


def _sealed(webhook: Webhook) -> bool:
    """Whether what it says travels encrypted."""
    return webhook.resource != webhook.body


def _receiving(webhook: Webhook, renderer: Renderer) -> Iterator[str]:
    if webhook.protocol == "v3":
        call, does = "wxpay.notify(headers, body)", "verifies_and_decrypts"
    elif any(each.name == "req_info" for each in webhook.body):
        call, does = "wxpay.notify_v2(body)", "decrypts"
    else:
        call = "wxpay.notify_v2(body)"
        does = "verifies_and_decrypts" if _sealed(webhook) else "verifies"
    yield element("code", call)
    yield f" {renderer.say(does)} "


def _tabs(webhook: Webhook, renderer: Renderer) -> Iterator[Tab]:
    for receiver in receivers(webhook):
        key = receiver.framework.lower()
        yield Tab(key, receiver.framework, renderer.code(receiver.code))


def _content(webhook: Webhook, renderer: Renderer) -> Iterator[str]:
    yield renderer.said("decrypted_content" if _sealed(webhook) else "whole_content")
    if _sealed(webhook) and webhook.variants:
        yield f" {renderer.say('several_contents')}"


def _forms(webhook: Webhook, renderer: Renderer) -> Iterator[Html]:
    """A table and an example for each product that shares the event; else one of each."""
    if not webhook.variants:
        yield table(renderer, rows(webhook.resource), renderer.returned)
        yield from _example(webhook, renderer)
    for form in webhook.variants:
        yield renderer.heading(3, f"{form.title} {form.name}", f"content-{form.name}")
        yield table(renderer, rows(form.resource), renderer.returned)
        yield from _example(webhook, renderer, form.name)


def _example(webhook: Webhook, renderer: Renderer, variant: str = "") -> Iterator[Html]:
    text, language = content_example(webhook, renderer.say("ciphertext"), variant)
    if text:
        title = element("summary", renderer.say("example"))
        short = text.count("\n") < 40
        yield element("details", title, renderer.code(text, language), open=short)


def _request(webhook: Webhook, renderer: Renderer) -> Iterator[Html]:
    yield section(renderer, "headers", webhook.headers, required=renderer.returned)
    if _sealed(webhook):
        body_type = element("code", webhook.body_type)
        yield element("h3", f"{renderer.say('body')} ", body_type, id="body")
        yield table(renderer, rows(webhook.body, opened=False), renderer.returned)
