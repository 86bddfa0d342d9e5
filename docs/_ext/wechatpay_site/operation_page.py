"""The page of an operation: what to send, how to call it, what comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wechatpay_chain.catalogue import Member, Operation
from wechatpay_chain.catalogue.code_samples import CodeSample
from wechatpay_chain.catalogue.types.names import type_names
from wechatpay_chain.chain.uri import DEFAULT_BASE_URI
from wechatpay_chain.messages.unsigned import is_unsigned_v3, unsigned_v2

from .examples import calls, response_example
from .labels import ENGLISH
from .markup import Html, coded, element, join, prose
from .names import anchor, full_url, operation_page, product_page
from .renderer import Crumb, Link, Page, Renderer, method
from .tables import rows, section, table
from .tabs import Tab, tabs

__all__ = ["MODES", "TABS", "page"]

MODES = ("merchant", "partner", "both")
"""Who calls, where the catalogue knows it; each has a label."""

TABS = {
    (name, is_async): f"{name}-async" if is_async else name
    for is_async in (False, True)
    for name in ("attribute", "chain", "bracket")
}
"""Key of the tab of each way to write a call, and of its label."""

READERS = {
    "application/json": "response.json()",
    "text/xml": "response.xml()",
    "text/plain": "response.text",
    "application/octet-stream": "response.content",
}

CONTENTS = ("call", "request", "response")


def page(
    operation: Operation, renderer: Renderer, before: Operation | None, after: Operation | None
) -> Page:
    """An operation's page.

    Args:
        operation: from the catalogue.
        renderer: what the site gives.
        before: the one before it in its product.
        after: the one after it.
    """
    entries = renderer.headings(*CONTENTS)
    call, request, response = (renderer.heading(2, *entry) for entry in entries)
    description = operation.spec.get("description", "")
    body = join(
        (
            renderer.breadcrumb(
                Crumb(renderer.say("operations"), "index.html"),
                Crumb(operation.product, full_url(product_page(operation.product))),
                *_section_crumb(operation),
            ),
            element("h1", renderer.official(operation.title)),
            element("p", *_chips(operation, renderer), class_="wx-chips"),
            element("div", prose(description), lang=renderer.chinese(description)),
            _request_line(operation),
            _notes(operation, renderer),
            call,
            *_calls(operation, renderer),
            request,
            _request(operation, renderer),
            response,
            _response(operation, renderer),
        ),
        "\n",
    )
    return Page(
        name=operation_page(operation),
        title=operation.title,
        body=element("div", body, class_="wx-page"),
        toc=renderer.contents(operation.title, entries),
        previous=_link(before, renderer),
        following=_link(after, renderer),
    )


def _link(operation: Operation | None, renderer: Renderer) -> Link | None:
    if operation is None:
        return None
    return renderer.link(operation.title, full_url(operation_page(operation)))


def _section_crumb(operation: Operation) -> Iterator[Crumb]:
    for tag in operation.tags:
        if tag != operation.product:
            yield Crumb(tag, full_url(product_page(operation.product), anchor(tag)))


def _chips(operation: Operation, renderer: Renderer) -> Iterator[Html]:
    yield element("span", f"API{operation.protocol}", class_="wx-chip")
    for tag in operation.tags:
        yield element("span", tag, class_="wx-chip wx-product", lang=renderer.chinese(tag))
    if operation.mode in MODES:
        yield element("span", renderer.say(operation.mode), class_="wx-chip")
    if operation.security:
        text = f"{renderer.say('mutual_tls')} security=True"
        yield element("span", text, class_="wx-chip wx-warn")
    if operation.nonceless:
        yield element("span", "nonceless=True", class_="wx-chip wx-warn")
    if operation.body_option == "media":
        yield element("span", renderer.say("upload"), class_="wx-chip")
    if operation.page:
        text = renderer.say("official_page")
        yield element("a", text, href=operation.page, class_="wx-chip", rel="noopener")
    if operation.retired:
        yield element("span", renderer.say("retired"), class_="wx-chip wx-retired")


def _request_line(operation: Operation) -> Html:
    """Method and address as they go over the wire; a line may break after each slash."""
    base = (operation.base_uri or DEFAULT_BASE_URI).rstrip("/")
    path = operation.path.removeprefix("v2/")
    parts = re.split(r"(\{[^}]*\})", path)
    written = (
        element("var", part) if part.startswith("{") else join(part.split("/"), Html("/<wbr>"))
        for part in parts
    )
    address = element("code", element("span", f"{base}/", class_="wx-base"), *written)
    return element("div", method(operation.method), address, class_="wx-line")


def _notes(operation: Operation, renderer: Renderer) -> Html:
    notes = [element("li", *parts) for parts in _noted(operation, renderer)]
    return element("ul", *notes, class_="wx-notes") if notes else Html()


def _noted(operation: Operation, renderer: Renderer) -> Iterator[tuple[str, ...]]:
    """What to know before a call, with the guide that says more."""
    sent = (*operation.variables, *operation.query, *operation.headers, *operation.body)
    if operation.retired:
        yield (renderer.said("retired_note"),)
    if operation.security:
        yield renderer.said("mutual_tls_note"), " ", renderer.guide("keys")
    if operation.nonceless:
        yield renderer.said("nonceless_note"), " ", renderer.guide("options")
    if operation.not_idempotent:
        why = renderer.both(operation.not_idempotent)
        yield renderer.say("not_idempotent", why=why), " ", renderer.guide("catalogue")
    elif operation.idempotency_key:
        between = " and " if renderer.language == ENGLISH else "、"
        numbers = between.join(f"`{place.name}`" for place in operation.idempotency_key)
        note = coded(renderer.say("idempotent", numbers=numbers))
        yield note, " ", renderer.guide("catalogue")
    if operation.base_uri:
        yield renderer.said("base_uri_note"), " ", renderer.guide("options")
    if _any_encrypted(sent):
        yield renderer.said("encrypted_note"), " ", renderer.guide("sensitive")
    if operation.body_option == "media":
        yield renderer.said("upload_note"), " ", renderer.guide("files")
    if any("$" in row.member.name for row in rows((*operation.body, *operation.response))):
        yield (renderer.said("numbered_note"),)


def _any_encrypted(members: tuple[Member, ...]) -> bool:
    return any(row.member.encrypted == "RSAES-OAEP" for row in rows(members))


def _calls(operation: Operation, renderer: Renderer) -> Iterator[Html]:
    for number, (title, samples) in enumerate(calls(operation)):
        if title:
            yield renderer.heading(3, renderer.say(title), f"call-{number + 1}")
        yield tabs("call", number, (_tab(sample, renderer) for sample in samples))


def _tab(sample: CodeSample, renderer: Renderer) -> Tab:
    key = TABS[sample.name, sample.is_async]
    return Tab(key, renderer.say(key), renderer.code(sample.code))


def _request(operation: Operation, renderer: Renderer) -> Html:
    given = (
        section(renderer, "path", operation.variables),
        section(renderer, "query", operation.query),
        section(renderer, "headers", operation.headers),
        section(renderer, "body", operation.body, operation.body_type),
    )
    return join(given) or element("p", renderer.say("no_parameters"))


def _response(operation: Operation, renderer: Renderer) -> Html:
    summary = element("p", *_summary(operation, renderer), class_="wx-response")
    parts = [summary, *(element("p", *note) for note in _response_notes(operation, renderer))]
    parts += _types(operation, renderer)
    if operation.response:
        parts.append(table(renderer, rows(operation.response), renderer.returned))
    parts += _errors(operation, renderer)
    text, language = response_example(operation, renderer.say("ciphertext"))
    if text:
        title = element("summary", renderer.say("example"))
        parts.append(
            element("details", title, renderer.code(text, language), open=text.count("\n") < 40)
        )
    return join(parts, "\n")


def _types(operation: Operation, renderer: Renderer) -> Iterator[Html]:
    """The names of its types, as they are imported."""
    names = type_names(operation)
    if names.known:
        code = f"from {names.module} import {', '.join(names.known)}"
        yield element("p", renderer.say("types"), element("code", code))


def _errors(operation: Operation, renderer: Renderer) -> Iterator[Html]:
    """The error codes that are documented, each with what to do."""
    if not operation.errors:
        return
    yield element("h3", renderer.say("errors"), id="errors")
    entries: list[Html] = []
    for each in operation.errors:
        code = element("code", each.code)
        entries.append(element("dt", code, " ", element("span", f"HTTP {each.status}")))
        entries.append(element("dd", renderer.both((each.zh, each.en))))
    yield element("dl", *entries, class_="wx-errors")


def _summary(operation: Operation, renderer: Renderer) -> Iterator[str]:
    status = str(operation.response_status)
    yield element("span", f"HTTP {status}", class_="wx-chip")
    if status == "302":
        yield join((" ", element("code", 'response.headers["Location"]')))
    elif not operation.response_type:
        yield f" {renderer.say('no_body')}"
    else:
        yield join((" ", element("code", operation.response_type)))
        reader = READERS.get(operation.response_type)
        if reader:
            yield join((" → ", element("code", reader)))


def _response_notes(operation: Operation, renderer: Renderer) -> Iterator[tuple[str, ...]]:
    if operation.response_type in ("text/plain", "application/octet-stream"):
        yield renderer.said("stream_note"), " ", renderer.guide("files")
    if _unsigned(operation):
        yield (renderer.said("unsigned_note"),)
    if _any_encrypted(operation.response):
        yield renderer.said("decrypt_note"), " ", renderer.guide("sensitive")


def _unsigned(operation: Operation) -> bool:
    """Whether the client knows the response to carry no signature."""
    path = f"/{operation.path.removeprefix('v2/')}"
    if operation.protocol == "v2":
        return path in unsigned_v2
    return is_unsigned_v3(operation.method, path)
