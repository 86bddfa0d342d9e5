"""A notification of any type of the catalogue, with made-up or given content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import catalogue
from ..catalogue import Member, Webhook
from ..catalogue.example import scalar
from ..crypto import rsa
from .exchange import Refusal
from .state import State

__all__ = ["content", "trigger"]

ENVELOPE = ("sign", "nonce_str")


def trigger(
    state: State,
    event: str,
    to: str,
    resource: Mapping[str, Any] | None = None,
    protocol: str = "v3",
) -> str:
    """Send a notification; its id in the outbox.

    Args:
        state: of the gateway.
        event: its type, `TRANSACTION.SUCCESS` say.
        to: the address it is posted to.
        resource: members that replace the made-up ones.
        protocol: `v3`, or `v2`.

    Raises:
        Refusal: there is no such type, or the address is none.
    """
    webhook = catalogue.webhook(event, protocol)
    if webhook is None:
        near = [each.event for each in catalogue.webhooks() if event.upper() in each.event.upper()]
        hint = f"; there is {', '.join(near[:5])}" if near else ""
        raise Refusal(404, "NOT_FOUND", f"APIv{protocol[-1]} has no notification {event}{hint}")
    if not isinstance(to, str) or not to.startswith(("http://", "https://")):
        raise Refusal(400, "PARAM_ERROR", f"to {to!r}: an http or https address is expected")
    made = {**content(webhook, state), **(resource or {})}
    if protocol == "v3":
        original = _original_type(webhook)
        return state.outbox.post(to, event, made, summary=webhook.title, original_type=original)
    return _trigger_v2(state, webhook, to, made)


def _trigger_v2(state: State, webhook: Webhook, to: str, made: dict[str, Any]) -> str:
    names = {member.name for member in webhook.body}
    clear = {
        "return_code": "SUCCESS",
        "appid": state.identity.appid,
        "mch_id": state.identity.mchid,
    }
    if "req_info" in names:
        return state.outbox.post_v2(to, webhook.event, clear, sealed=made)
    if "event_ciphertext" in names:
        return state.outbox.post_v2_event(to, webhook.event, clear, made)
    return state.outbox.post_v2(to, webhook.event, made)


def _original_type(webhook: Webhook) -> str:
    for member in webhook.body:
        for inner in member.members:
            if inner.name == "original_type" and inner.enum:
                return str(inner.enum[0])
    return "transaction"


def content(webhook: Webhook, state: State) -> dict[str, Any]:
    """What a notification carries, made up; the merchant in it is the gateway's."""
    return _filled(webhook.resource, state)


def _filled(members: Iterable[Member], state: State) -> dict[str, Any]:
    filled = {}
    for member in members:
        if "$" in member.name or member.name in ENVELOPE:
            continue
        filled[member.name] = _value(member, state)
    return filled


def _value(member: Member, state: State) -> Any:
    if member.type.startswith("object"):
        value: Any = _filled(member.members, state)
    elif member.name in ("mchid", "mch_id", "sp_mchid"):
        value = state.identity.mchid
    elif member.name in ("appid", "sp_appid"):
        value = state.identity.appid
    else:
        value = scalar(member)
    if member.encrypted == "RSAES-OAEP" and isinstance(value, str):
        value = rsa.encrypt(value, state.identity.merchant_certificate)
    return [value] if member.type.endswith("[]") else value
