"""Sends a notification of any type of the catalogue, with generated or given content."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ... import catalogue
from ...catalogue import Member, Variant, Webhook
from ...catalogue.example import scalar
from ...crypto import digest, rsa
from ...messages import xml
from ...utils.exceptions import ConfigurationError
from ..messages.exchange import Rejection
from ..simulation.complaints import v3 as complaints
from ..state import State

__all__ = ["content", "trigger"]

STATED = ("sign_type", "algorithm")
"""The members of an APIv2 notification that say how it is signed."""
ALGORITHMS = (digest.MD5, digest.HMAC_SHA256)
ENVELOPE = ("sign", "nonce_str")


def trigger(
    state: State,
    event: str,
    to: str,
    resource: Mapping[str, Any] | None = None,
    protocol: str = "v3",
    variant: str = "",
) -> str:
    """Send a notification; its id in the outbox.

    Args:
        state: of the gateway.
        event: its type, `TRANSACTION.SUCCESS` say.
        to: the address it is posted to.
        resource: members that replace the generated ones.
        protocol: `v3`, or `v2`.
        variant: the form of a type that several products share, such as `partner`; by default the
            first.

    Raises:
        Rejection: there is no such type or form, or the address is none.
    """
    webhook = _webhook(event, protocol)
    form = _form(webhook, variant)
    if not isinstance(to, str) or not to.startswith(("http://", "https://")):
        message = f"to {str(to)[:200]!r}: an http or https address is expected"
        raise Rejection(400, "PARAM_ERROR", message)
    made = {**content(webhook, state, variant), **_given(resource, protocol)}
    if protocol == "v2":
        return _trigger_v2(state, webhook, to, made)
    if event.startswith("COMPLAINT."):
        made |= _complaint(state, event, _given(resource, protocol))
    original_type = _fixed(webhook, "original_type", "transaction")
    if form is not None and form.original_type:
        original_type = form.original_type
    return state.outbox.post(
        to,
        event,
        made,
        summary=_fixed(webhook, "summary", webhook.title.partition("(")[0]),
        original_type=original_type,
        resource_type=_fixed(webhook, "resource_type", "encrypt-resource"),
        associated_data=_fixed(webhook, "associated_data", original_type),
    )


def _complaint(state: State, event: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a notification tells of a complaint, which is there once it is told of."""
    asked = given.get("complaint_id")
    found = complaints.stub_complaint(state, asked if isinstance(asked, str) else "")
    told = {"complaint_id": found["complaint_id"]}
    if event == "COMPLAINT.CREATE":
        told["action_type"] = "CREATE_COMPLAINT"
    return told | given


def _webhook(event: str, protocol: str) -> Webhook:
    if protocol not in ("v2", "v3"):
        raise Rejection(400, "PARAM_ERROR", f"protocol {protocol!r}: v2 or v3 is expected")
    webhook = catalogue.webhook(event, protocol)
    if webhook is not None:
        return webhook
    words = str(event)[:80].upper()
    near = [
        f"{each.event} ({each.protocol})"
        for each in catalogue.webhooks()
        if words and (words in each.event.upper() or each.event.upper() in words)
    ]
    hint = f"; there is {', '.join(near[:5])}" if near else ""
    raise Rejection(404, "NOT_FOUND", f"API{protocol} has no notification {words}{hint}")


def _form(webhook: Webhook, variant: str) -> Variant | None:
    """The form that is asked for; None where a type has only one."""
    if not variant:
        return next(iter(webhook.variants), None)
    form = webhook.variant(variant)
    if form is None:
        names = ", ".join(each.name for each in webhook.variants)
        expected = f"{names} is expected" if names else f"{webhook.event} has only one form"
        raise Rejection(400, "PARAM_ERROR", f"variant {str(variant)[:80]!r}: {expected}")
    return form


def _given(resource: Any, protocol: str) -> dict[str, Any]:
    """Members that somebody wants a notification to have, if it can have them."""
    if resource is None:
        return {}
    try:
        if not isinstance(resource, Mapping):
            raise TypeError(f"it is of type {type(resource).__name__}")
        text = json.dumps(dict(resource), ensure_ascii=False, allow_nan=False)
        text.encode()
        members: dict[str, Any] = json.loads(text)
        if protocol == "v2":
            xml.dumps(dict.fromkeys(members, ""))
    except (TypeError, ValueError, RecursionError, ConfigurationError) as error:
        raise Rejection(400, "PARAM_ERROR", f"resource: an object is expected: {error}") from None
    return members


def _trigger_v2(state: State, webhook: Webhook, to: str, made: dict[str, Any]) -> str:
    names = {member.name for member in webhook.body}
    clear = {
        "return_code": "SUCCESS",
        "appid": state.identity.appid,
        "mch_id": state.identity.mchid,
    }
    clear = {name: value for name, value in clear.items() if name in names}
    kind = next((made[name] for name in STATED if made.get(name) in ALGORITHMS), digest.MD5)
    made |= {name: kind for name in STATED if name in made}
    if "req_info" in names:  # a client opens nothing that lacks a refund's numbers
        whole = content(webhook, state) | made
        return state.outbox.post_v2(to, webhook.event, clear, sealed=whole)
    if "event_ciphertext" in names:
        return state.outbox.post_v2_event(to, webhook.event, clear, made)
    return state.outbox.post_v2(to, webhook.event, made, sign_type=kind)


def _fixed(webhook: Webhook, name: str, default: str) -> str:
    """What the catalogue says that a member of the envelope always is."""
    for outer in webhook.body:
        for member in (outer, *(outer.members if outer.name == "resource" else ())):
            if member.name == name and (member.enum or "const" in member.item):
                return str(scalar(member))
    return default


def content(webhook: Webhook, state: State, variant: str = "") -> dict[str, Any]:
    """The generated content of a notification; the merchant in it is the gateway's.

    Args:
        webhook: from the catalogue.
        state: of the gateway.
        variant: the form of a type that several products share; by default the first.

    Raises:
        Rejection: there is no such form.
    """
    form = _form(webhook, variant)
    if form is not None:
        return _filled(form.resource, state)
    in_the_clear = webhook.resource == webhook.body
    left_out = ENVELOPE if in_the_clear else ()
    members = [member for member in webhook.resource if member.name not in left_out]
    return _filled(members, state)


def _filled(members: Iterable[Member], state: State) -> dict[str, Any]:
    return {member.name: _value(member, state) for member in members if "$" not in member.name}


def _value(member: Member, state: State) -> Any:
    if member.type.startswith("object"):
        value: Any = _filled(member.members, state)
    elif member.name in ("mchid", "mch_id", "sp_mchid", "combine_mchid"):
        value = state.identity.mchid
    elif member.name in ("appid", "sp_appid", "combine_appid"):
        value = state.identity.appid
    elif member.name.endswith("_fee") and member.type == "string":
        value = "100"
    else:
        value = scalar(member)
    if member.encrypted == "RSAES-OAEP" and isinstance(value, str):
        value = rsa.encrypt(value, state.identity.merchant_certificate)
    return [value] if member.type.endswith("[]") else value
