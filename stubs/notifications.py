"""The stub of notification resources: a TypedDict for each event type, or for each of its forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from annotations import RECEIVED, RECEIVED_AS_TEXT, Annotations, pascal, quoted

__all__ = ["at_run_time", "handlers", "text"]

Schema = Mapping[str, Any]

HEAD = """\
from typing import Any, Literal, Required, TypeAlias, TypedDict, final

from wechatpay_chain.notifications.notification import Notification
"""
RUN_TIME = '''\
"""What notifications carry."""

from typing import Any, Required

from wechatpay_chain.notifications.notification import Notification
from wechatpay_chain.typed.base import TypedDict
'''
NOTICE = """\
class {kind}Notification(Notification):
    event_type: Literal[{event}]
    resource: {kind}"""
HANDLERS = """from collections.abc import Callable
from typing import Any, Generic, Literal, Protocol, TypeVar, overload

from ..durable.inbox.notice import Notice

R = TypeVar("R")
S = TypeVar("S")
T = TypeVar("T")

class Register(Protocol[R]):
    def __call__(self, function: Callable[[Notice[R], S], T], /) -> Callable[[Notice[R], S], T]: ...
"""
CALL = """\
    def __call__(
        self, event_type: {}, *, key: str | None = ..., unlisted: bool = ...
    ) -> {}: ..."""


def text(documents: Mapping[str, Schema]) -> str:
    """Return the module.

    Args:
        documents: the notifications of each protocol, by `v2` and `v3`.
    """
    lines = [HEAD]
    forms: Mapping[str, list[str]] = {}
    for protocol, document in documents.items():
        received, forms = _received(protocol, document)
        several = {form for name in forms for form in forms[name] if forms[name] != [name]}
        for name, body in received.classes.items():
            lines += ["@final", *body] if name in several else body  # `in` distinguishes final ones
        lines += _unions(forms)
    kinds = dict(zip(_events(documents["v3"]), forms, strict=True))
    lines += [NOTICE.format(kind=kind, event=quoted(event)) for event, kind in kinds.items()]
    union = " | ".join(f"{kind}Notification" for kind in kinds.values())
    return "\n".join([*lines, f"AnyNotification: TypeAlias = {union}", ""])


def at_run_time(documents: Mapping[str, Schema]) -> str:
    """Return the importable module: the types, and one name for any notification.

    Args:
        documents: as in `text`.
    """
    lines = [RUN_TIME]
    for protocol, document in documents.items():
        received, forms = _received(protocol, document)
        lines += [*received.at_run_time(), *_unions(forms)]
    return "\n".join([*lines, "AnyNotification = Notification", ""])


def _unions(forms: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the names of notifications with several forms."""
    for name, variants in forms.items():
        if variants != [name]:
            yield f"{name} = {' | '.join(variants)}"


def handlers(documents: Mapping[str, Schema]) -> str:
    """Return the module with the type of `Inbox.on`: the argument of a handler, by event type.

    Args:
        documents: as in `text`.
    """
    imported: list[str] = []
    classes: list[str] = []
    overloads: list[str] = []
    for protocol, document in documents.items():
        _, forms = _received(protocol, document)
        prefix = "v2/" if protocol == "v2" else ""
        for (name, variants), event in zip(forms.items(), _events(document), strict=True):
            imported += sorted({name, *variants})
            kind = f"Register[{name}]"
            if variants != [name]:
                kind = f"Register{name}"
                classes += _register(kind, [name, *variants])
            overloads += ["    @overload", CALL.format(f"Literal[{quoted(prefix + event)}]", kind)]
    overloads += ["    @overload", CALL.format("str", "Register[Any]")]
    imports = f"from .notifications import {', '.join(dict.fromkeys(imported))}\n"
    return "\n".join([HANDLERS, imports, *classes, "class On(Protocol):", *overloads, ""])


def _events(document: Schema) -> dict[str, Schema]:
    """Return the notifications of a protocol by event type.

    APIv2 payments, `transaction-success`, have the plain name; others with the same name follow.
    """
    events = {key.partition("/")[2]: item for key, item in document["webhooks"].items()}
    return dict(sorted(events.items(), key=lambda each: each[0].isupper()))


def _received(protocol: str, document: Schema) -> tuple[Annotations, dict[str, list[str]]]:
    """Return the classes of a protocol's notifications, and the names of each one's forms."""
    as_text = protocol == "v2"
    received = Annotations(RECEIVED_AS_TEXT if as_text else RECEIVED, strict=False)
    forms: dict[str, list[str]] = {}
    for event, item in _events(document).items():
        name = f"{'V2' if as_text else ''}{pascal(event.replace('_', ' ').title())}"
        known = _forms(received, name, _content(item["post"]))
        forms[known[0] if len(known) == 1 else name] = known
    return received, forms


def _register(name: str, variants: list[str]) -> list[str]:
    """Return a decorator type for handlers of all forms of a notification."""
    lines = [f"class {name}(Protocol):"]
    for each in variants:
        handler = f"Callable[[Notice[{each}], S], T]"
        lines += [
            "    @overload",
            f"    def __call__(self, function: {handler}, /) -> {handler}: ...",
        ]
    return lines


def _content(spec: Schema) -> Schema:
    """Return the schema of the encrypted part; for an unencrypted notification, of all of it."""
    body: Schema = next(iter(spec["requestBody"]["content"].values()))["schema"]
    return next(_sealed(body), body)


def _sealed(schema: Schema) -> Iterator[Schema]:
    for inner in schema.get("properties", {}).values():
        if "x-wechatpay-encrypted" in inner:
            yield inner.get("contentSchema", {})
        yield from _sealed(inner)


def _forms(received: Annotations, name: str, schema: Schema) -> list[str]:
    forms = schema.get("oneOf", ())
    if not forms:
        return [received.of(schema, name)]
    return [
        received.of(form, f"{name}{pascal(form['x-wechatpay-variant']['name'])}") for form in forms
    ]
