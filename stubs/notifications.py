"""The stub of what notifications carry: a TypedDict for each type, or for each of its forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from annotations import RECEIVED, RECEIVED_AS_TEXT, Annotations, pascal

__all__ = ["text"]

Schema = Mapping[str, Any]

HEAD = "from typing import Any, Required, TypedDict\n"


def text(documents: Mapping[str, Schema]) -> str:
    """The module.

    Args:
        documents: the notifications of each protocol, by `v2` and `v3`.
    """
    lines = [HEAD]
    for protocol, document in documents.items():
        as_text = protocol == "v2"
        received = Annotations(RECEIVED_AS_TEXT if as_text else RECEIVED, strict=False)
        aliases: list[str] = []
        events = {key.partition("/")[2]: item for key, item in document["webhooks"].items()}
        # APIv2's payments, `transaction-success`, have the plain name; others of its name follow.
        for event, item in sorted(events.items(), key=lambda each: each[0].isupper()):
            name = f"{'V2' if as_text else ''}{pascal(event.replace('_', ' ').title())}"
            aliases += _aliases(received, name, _content(item["post"]))
        for body in received.classes.values():
            lines += body
        lines += aliases
    return "\n".join(lines) + "\n"


def _content(spec: Schema) -> Schema:
    """The schema of what travels encrypted; of a notification in the clear, of all of it."""
    body: Schema = next(iter(spec["requestBody"]["content"].values()))["schema"]
    return next(_sealed(body), body)


def _sealed(schema: Schema) -> Iterator[Schema]:
    for inner in schema.get("properties", {}).values():
        if "x-wechatpay-encrypted" in inner:
            yield inner.get("contentSchema", {})
        yield from _sealed(inner)


def _aliases(received: Annotations, name: str, schema: Schema) -> Iterator[str]:
    forms = schema.get("oneOf", ())
    named = [
        received.of(form, f"{name}{pascal(form['x-wechatpay-variant']['name'])}") for form in forms
    ]
    if forms:
        yield f"{name} = {' | '.join(named)}"
    else:
        received.of(schema, name)
