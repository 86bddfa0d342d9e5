"""Pages of operations and notifications."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ...catalogue.types.names import type_names
from ...display.layout import Block, Branch, Code, Facts, Heading, Line, Page, Span, text
from ...utils.translation import N_, _, current

if TYPE_CHECKING:
    from ...catalogue import Member, Operation, Webhook
    from ...catalogue.code_samples import CodeSample

__all__ = ["calls_of", "folded", "notification_page", "operation_page", "path_line", "title_line"]

CALLERS = {
    "merchant": N_("merchants"),
    "partner": N_("partners (service providers)"),
    "both": N_("merchants and partners"),
}

WIDTH = 88
LONG = 8
"""Number of lines from which a call is folded after its first sample."""

HOLDS = {
    "application/json": N_("JSON"),
    "application/x-www-form-urlencoded": N_("form"),
    "application/octet-stream": N_("a file"),
    "text/xml": N_("XML"),
}

TELLING = ("out_trade_no", "out_refund_no", "transaction_id")
"""The members that identify the subject of a notification."""


def operation_page(operation: Operation, url: str, calls: Sequence[CodeSample], full: bool) -> Page:
    """Return the page of an operation.

    Args:
        operation: from the catalogue.
        url: its address.
        calls: the ways to call it that are to be shown.
        full: whether each of them is to be shown with all its arguments.
    """
    return [
        [Heading(title_line(operation, "heading")), Facts(tuple(_facts(operation, url)))],
        _request(operation),
        [Heading(text("Calls", "heading")), Code(calls_of(calls, full))],
        [_response(operation)],
        *([_errors(operation)] if operation.errors else []),
    ]


def title_line(operation: Operation, style: str = "title") -> Line:
    """Return the title, and whether the operation is retired."""
    title = Span(operation.title, style)
    return (title, Span(_(" (retired)"), "retired")) if operation.retired else (title,)


def path_line(path: str) -> Line:
    """Return a path with styled variables."""
    return tuple(
        Span(piece, "variable" if piece.startswith("{") else "path")
        for piece in re.split(r"(\{[^}]*\})", path)
        if piece
    )


def _facts(operation: Operation, url: str) -> Iterator[tuple[str, Line]]:
    method = Span(f"{operation.method} ", operation.verb)
    yield _("operation"), (method, *path_line(operation.path))
    yield _("url"), path_line(url)
    tags = [tag for tag in operation.tags if tag != operation.product]
    if operation.page:
        yield _("page"), text(operation.page, "path")
    yield _("product"), text(" · ".join([operation.product, *tags]))
    if operation.mode:
        yield _("called by"), text(_(CALLERS[operation.mode]))
    yield from ((_("needs"), text(need, "warning")) for need in _needs(operation))
    if operation.not_idempotent:
        reason = operation.not_idempotent
        told = _("not automatically: {why}", why=reason.zh if current() == "zh" else reason.en)
        yield _("retry"), text(told, "warning")
    elif operation.idempotency_key:
        names = _(" and ").join(place.name for place in operation.idempotency_key)
        told = _("safe with the same {names} and an unchanged request", names=names)
        yield _("retry"), text(told)
    elif operation.method != "GET":
        told = (
            _("safe")
            if operation.safe
            else _("not automatically: it has no merchant-assigned number")
        )
        yield _("retry"), text(told)
    types = type_names(operation)
    if types.known:
        yield _("types"), text(f"from {types.module} import {', '.join(types.known)}", "path")
    if operation.retired:
        yield _("status"), text(_("retired: WeChat Pay no longer offers it"), "retired")


def _needs(operation: Operation) -> Iterator[str]:
    if operation.security:
        yield _("security=True: mutual TLS with the merchant's certificate")
    if operation.nonceless:
        yield _("nonceless=True: without nonce_str")
    if operation.base_uri:
        yield _(
            'base_uri="{base_uri}": this operation has its own base URI',
            base_uri=operation.base_uri,
        )
    if _any_encrypted(operation.body) or _any_encrypted(operation.query):
        yield _("Sensitive(…) around each encrypted field")
    if _any_encrypted(operation.response):
        yield _("wxpay.decrypt(…) for each encrypted field of the response")


def _any_encrypted(members: Iterable[Member]) -> bool:
    return any(
        member.encrypted == "RSAES-OAEP" or _any_encrypted(member.members) for member in members
    )


def _request(operation: Operation) -> list[Block]:
    body_type = f"   body, {operation.body_type}"
    parts = (
        ("variables", _("   of the path"), operation.variables),
        ("query", "", operation.query),
        ("headers", "", operation.headers),
        (operation.body_option, body_type, operation.body),
    )
    trees = [
        Branch((Span(name, "name"), Span(aside, "aside")), _branches(members))
        for name, aside, members in parts
        if members
    ]
    if not trees:
        return [_root("Request", _("   no variables, no query, no body"))]
    return [Heading((Span("Request", "heading"), Span("   * required", "aside"))), *trees]


def _root(heading: str, aside: str, members: Iterable[Member] = ()) -> Branch:
    return Branch((Span(heading, "heading"), Span(aside, "aside")), _branches(members))


def _branches(members: Iterable[Member]) -> tuple[Branch, ...]:
    return tuple(
        Branch(tuple(_spans(member)), (*_branches(member.members), *_limits(member)))
        for member in members
    )


def _limits(member: Member) -> Iterator[Branch]:
    """Return the line with the limits of a member, below all of its members."""
    if member.limits:
        yield Branch((Span("; ".join(member.limits_in_words), "aside"),), ())


def _spans(member: Member) -> Iterator[Span]:
    """Yield the parts of a field's line: `amount* object 金额信息`, and so on."""
    yield Span(member.name, "name")
    if member.required:
        yield Span("*", "required")
    yield Span(f" {member.type}", "type")
    if member.title:
        yield Span(f" {member.title}", "title")
    if member.enum:
        yield Span(f" = {' | '.join(map(str, member.enum))}", "enum")
    if member.encoded:
        yield Span(_(" ({holds})", holds=_(HOLDS.get(member.encoded, member.encoded))), "aside")
    if member.encrypted:
        yield Span(_(" encrypted: {notation}", notation=member.encrypted), "encrypted")


def _response(operation: Operation) -> Branch:
    aside = f"   {operation.response_status} {operation.response_type or _('without a body')}"
    if operation.response_type in ("application/octet-stream", "text/plain"):
        aside += _(": sink= writes it to a file")
    return _root("Response", aside, operation.response)


def _errors(operation: Operation) -> list[Block]:
    facts = tuple(
        (f"{each.status} {each.code}", (Span(f"{each.en}"), Span(f"   {each.zh}", "aside")))
        for each in operation.errors
    )
    return [Heading(text("Errors", "heading")), Facts(facts)]


def calls_of(calls: Sequence[CodeSample], full: bool) -> str:
    """Return samples of a call in Python, the first one complete, the others folded.

    Args:
        calls: samples of the catalogue, at least one.
        full: True writes all of them completely.
    """
    return "\n\n".join(
        f"# {call.name}{', async' if call.is_async else ''}\n"
        f"{call.code if full or index == 0 else folded(call.code)}"
        for index, call in enumerate(calls)
    )


def folded(code: str) -> str:
    """Return a long call on one line, with `{...}` for its omitted lines; a short one unchanged."""
    head, *lines = code.split("\n")
    if len(lines) < LONG:
        return code
    arguments = []
    for line in lines:
        argument = re.match(r" {4}(\w+=)(.*?),?$", line)
        if argument:
            name, value = argument.groups()
            short = {"{": "{...}", "[": "[...]"}.get(value[:1], value)
            arguments.append(f"{name}{short}")
    line = f"{head}{', '.join(arguments)})"
    return (
        line if len(line) <= WIDTH else "\n    ".join([head, *(f"{a}," for a in arguments)]) + "\n)"
    )


def notification_page(webhook: Webhook, elsewhere: Sequence[Webhook]) -> Page:
    """Return the page of a notification.

    Args:
        webhook: notification of the catalogue.
        elsewhere: notifications of the same type in the other protocol.
    """
    protocol = Span(f"API{webhook.protocol}", "name")
    others = [
        Span(_("   also: --protocol {protocol}", protocol=each.protocol), "aside")
        for each in elsewhere
    ]
    facts: list[tuple[str, Line]] = [
        ("event", text(webhook.event, "name")),
        ("protocol", (protocol, *others)),
    ]
    sealed = [member for member in _everywhere(webhook.body) if member.encrypted]
    resource = [
        Branch((Span("Resource", "heading"), Span(aside, "aside")), _forms(webhook))
        for aside in (f"   {each.name}, decrypted   * required" for each in sealed[:1])
    ]
    comes = _("   {body_type}, unparsed   * required", body_type=webhook.body_type)
    return [
        [Heading(text(webhook.title, "heading")), Facts(tuple(facts))],
        [_root("Headers", "", webhook.headers)],
        [Branch((Span("Body", "heading"), Span(comes, "aside")), _envelope(webhook.body))],
        *([each] for each in resource),
        [Heading(text("Code", "heading")), Code(_receipt(webhook))],
    ]


def _forms(webhook: Webhook) -> tuple[Branch, ...]:
    """Return the members of the content; one set for each product that shares the type."""
    if not webhook.variants:
        return _branches(webhook.resource)
    return tuple(
        Branch((Span(each.name, "heading"), Span(f"   {each.title}")), _branches(each.resource))
        for each in webhook.variants
    )


def _everywhere(members: Iterable[Member]) -> Iterator[Member]:
    for member in members:
        yield member
        yield from _everywhere(member.members)


def _envelope(members: Iterable[Member]) -> tuple[Branch, ...]:
    """Return the members on the wire; encrypted ones have no members of their own."""
    return tuple(
        Branch(tuple(_spans(member)), () if member.encrypted else _envelope(member.members))
        for member in members
    )


def _receipt(webhook: Webhook) -> str:
    """Return the Python code that receives the notification."""
    first = webhook.variants[0].resource if webhook.variants else webhook.resource
    names = [member.name for member in first]
    name = next((each for each in TELLING if each in names), next(iter(names), "…"))
    call, said = _("notify(headers, body)"), _("verified and decrypted")
    if webhook.protocol == "v2":
        sealed = any(member.encrypted for member in webhook.body)
        call, said = "notify_v2(body)", _("verified and decrypted") if sealed else "verified"
    received = f"notice = wxpay.{call}  # {said}\n"
    shown = f'print(notice.resource["{name}"])'
    if webhook.protocol == "v2" and not any(each.name == "event_type" for each in webhook.body):
        return f"{received}{shown}"
    return _(
        '{received}if notice.event_type == "{event}":\n    {shown}',
        received=received,
        event=webhook.event,
        shown=shown,
    )
