"""The page of an operation: what to send, how to call it, what comes back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wechatpay_chain.catalogue import Member, Operation
from wechatpay_chain.catalogue.code_samples import CodeSample
from wechatpay_chain.catalogue.types.names import type_names
from wechatpay_chain.chain.uri import DEFAULT_BASE_URI
from wechatpay_chain.messages.unsigned import is_unsigned_v3, unsigned_v2

from .examples import calls, response_example
from .markup import Html, element, join, prose
from .names import anchor, full_url, operation_page, product_page
from .renderer import Crumb, Link, Page, Renderer, breadcrumb, contents, heading, method
from .tables import RETURNED, rows, section, table
from .tabs import Tab, tabs

__all__ = ["MODES", "TABS", "page"]

MODES = {
    "merchant": "直连商户 merchant",
    "partner": "服务商 partner",
    "both": "直连商户与服务商 merchant & partner",
}

TABS = {
    ("attribute", False): ("attribute", "属性 attribute"),
    ("chain", False): ("chain", "chain()"),
    ("bracket", False): ("bracket", "下标 [ ]"),
    ("attribute", True): ("attribute-async", "async 属性"),
    ("chain", True): ("chain-async", "async chain()"),
    ("bracket", True): ("bracket-async", "async 下标 [ ]"),
}
"""Key and label of the tab of each way to write a call."""

READERS = {
    "application/json": "response.json()",
    "text/xml": "response.xml()",
    "text/plain": "response.text",
    "application/octet-stream": "response.content",
}

CONTENTS = (("调用 Call", "call"), ("请求 Request", "request"), ("响应 Response", "response"))


def page(
    operation: Operation, renderer: Renderer, before: Operation | None, after: Operation | None
) -> Page:
    """An operation's page.

    Args:
        operation: from the catalogue.
        kit: what the site gives.
        before: the one before it in its product.
        after: the one after it.
    """
    body = join(
        (
            breadcrumb(
                Crumb("接口 API", "index.html"),
                Crumb(operation.product, full_url(product_page(operation.product))),
                *_section_crumb(operation),
            ),
            element("h1", operation.title),
            element("p", *_chips(operation), class_="wx-chips"),
            prose(operation.spec.get("description", "")),
            _request_line(operation),
            _notes(operation, renderer),
            heading(2, *CONTENTS[0]),
            *_calls(operation, renderer),
            heading(2, *CONTENTS[1]),
            _request(operation),
            heading(2, *CONTENTS[2]),
            _response(operation, renderer),
        ),
        "\n",
    )
    return Page(
        name=operation_page(operation),
        title=operation.title,
        body=element("div", body, class_="wx-page"),
        toc=contents(operation.title, CONTENTS),
        previous=_link(before),
        following=_link(after),
    )


def _link(operation: Operation | None) -> Link | None:
    return Link(operation.title, full_url(operation_page(operation))) if operation else None


def _section_crumb(operation: Operation) -> Iterator[Crumb]:
    for tag in operation.tags:
        if tag != operation.product:
            yield Crumb(tag, full_url(product_page(operation.product), anchor(tag)))


def _chips(operation: Operation) -> Iterator[Html]:
    yield element("span", f"API{operation.protocol}", class_="wx-chip")
    for tag in operation.tags:
        yield element("span", tag, class_="wx-chip wx-product")
    if operation.mode in MODES:
        yield element("span", MODES[operation.mode], class_="wx-chip")
    if operation.security:
        yield element("span", "双向 TLS security=True", class_="wx-chip wx-warn")
    if operation.nonceless:
        yield element("span", "nonceless=True", class_="wx-chip wx-warn")
    if operation.body_option == "media":
        yield element("span", "上传 upload", class_="wx-chip")
    if operation.page:
        text = "官方文档 official page"
        yield element("a", text, href=operation.page, class_="wx-chip", rel="noopener")
    if operation.retired:
        yield element("span", "已下线 deprecated", class_="wx-chip wx-retired")


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
    """What to know before a call, each in both languages, with the guide that says more."""
    sent = (*operation.variables, *operation.query, *operation.headers, *operation.body)
    if operation.retired:
        yield ("微信支付已不再提供这个接口。 WeChat Pay has given this operation up.",)
    if operation.security:
        yield (
            "要出示商户 API 证书。 It wants the merchant's certificate (mutual TLS). ",
            renderer.guide("keys"),
        )
    if operation.nonceless:
        yield ("不带 nonce_str。 It carries no nonce_str. ", renderer.guide("options"))
    if operation.not_idempotent:
        zh, en = operation.not_idempotent
        yield (f"不要直接重发：{zh}。 Do not simply repeat it: {en}. ", renderer.guide("catalogue"))
    elif operation.idempotency_key:
        yield (
            "单号不变、内容不变，可以重发： Safe to repeat with the same content and ",
            *_listed(place.name for place in operation.idempotency_key),
            "。 ",
            renderer.guide("catalogue"),
        )
    if operation.base_uri:
        yield (
            "不在默认的域名或路径下。 It lives at a base URI of its own. ",
            renderer.guide("options"),
        )
    if _any_encrypted(sent):
        yield (
            "标有“加密”的字段用 ",
            element("code", "Sensitive"),
            " 包起来。 Wrap fields that travel encrypted. ",
            renderer.guide("sensitive"),
        )
    if operation.body_option == "media":
        yield ("上传文件。 It uploads a file. ", renderer.guide("files"))
    if any("$" in row.member.name for row in rows((*operation.body, *operation.response))):
        yield ("名称里的 $n、$m 代表数字。 $n and $m stand for numbers.",)


def _listed(names: Iterable[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        if number:
            yield ", "
        yield element("code", name)


def _any_encrypted(members: tuple[Member, ...]) -> bool:
    return any(row.member.encrypted == "RSAES-OAEP" for row in rows(members))


def _calls(operation: Operation, renderer: Renderer) -> Iterator[Html]:
    for number, (title, samples) in enumerate(calls(operation)):
        if title:
            yield heading(3, title, f"call-{number + 1}")
        yield tabs("call", number, (_tab(sample, renderer) for sample in samples))


def _tab(sample: CodeSample, renderer: Renderer) -> Tab:
    key, label = TABS[sample.name, sample.is_async]
    return Tab(key, label, renderer.code(sample.code))


def _request(operation: Operation) -> Html:
    given = (
        section("路径 Path", "path", operation.variables),
        section("查询 Query", "query", operation.query),
        section("请求头 Headers", "headers", operation.headers),
        section("请求体 Body", "body", operation.body, operation.body_type),
    )
    return join(given) or element("p", "没有参数。 No parameters.")


def _response(operation: Operation, renderer: Renderer) -> Html:
    summary = element("p", *_summary(operation), class_="wx-response")
    parts = [summary, *(element("p", *note) for note in _response_notes(operation, renderer))]
    parts += _types(operation)
    if operation.response:
        parts.append(table(rows(operation.response), RETURNED))
    parts += _errors(operation)
    text, language = response_example(operation)
    if text:
        title = element("summary", "示例 Example")
        parts.append(
            element("details", title, renderer.code(text, language), open=text.count("\n") < 40)
        )
    return join(parts, "\n")


def _types(operation: Operation) -> Iterator[Html]:
    """The names of its types, as they are imported."""
    names = type_names(operation)
    if names.known:
        code = f"from {names.module} import {', '.join(names.known)}"
        yield element("p", "类型 Types: ", element("code", code))


def _errors(operation: Operation) -> Iterator[Html]:
    """The error codes that are documented, each with what to do."""
    if not operation.errors:
        return
    yield element("h3", "错误码 Errors", id="errors")
    entries: list[Html] = []
    for each in operation.errors:
        code = element("code", each.code)
        entries.append(element("dt", code, " ", element("span", f"HTTP {each.status}")))
        entries.append(element("dd", element("div", each.zh), element("div", each.en)))
    yield element("dl", *entries, class_="wx-errors")


def _summary(operation: Operation) -> Iterator[str]:
    status = str(operation.response_status)
    yield element("span", f"HTTP {status}", class_="wx-chip")
    if status == "302":
        yield join((" ", element("code", 'response.headers["Location"]')))
    elif not operation.response_type:
        yield " 没有正文 no body"
    else:
        yield join((" ", element("code", operation.response_type)))
        reader = READERS.get(operation.response_type)
        if reader:
            yield join((" → ", element("code", reader)))


def _response_notes(operation: Operation, renderer: Renderer) -> Iterator[tuple[str, ...]]:
    if operation.response_type in ("text/plain", "application/octet-stream"):
        sink = element("code", 'sink="…"')
        yield ("大文件用 ", sink, " 边收边存。 Streams into a file. ", renderer.guide("files"))
    if _unsigned(operation):
        verified = element("code", "response.verified")
        yield (
            "微信支付不为这个应答签名。 WeChat Pay does not sign this response; ",
            verified,
            " is False.",
        )
    if _any_encrypted(operation.response):
        decrypt = element("code", "wxpay.decrypt(…)")
        yield (
            "标有“加密”的字段用 ",
            decrypt,
            " 解开。 Opens what came encrypted. ",
            renderer.guide("sensitive"),
        )


def _unsigned(operation: Operation) -> bool:
    """Whether the client knows the response to carry no signature."""
    path = f"/{operation.path.removeprefix('v2/')}"
    if operation.protocol == "v2":
        return path in unsigned_v2
    return is_unsigned_v3(operation.method, path)
