"""Sends a notification of any type of the catalogue, with generated or given content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...catalogue import Variant, Webhook
from ...crypto import digest
from ...messages import xml
from ...testing.notices.content import content as generated
from ...testing.notices.content import envelope, form_of, webhook_of
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..messages.exchange import Rejection
from ..simulation.complaints import records as complaints
from ..simulation.stubs.responses import party_of
from ..state import State

__all__ = ["content", "trigger"]

STATED = ("sign_type", "algorithm")
"""The members of an APIv2 notification that contain the sign type."""
ALGORITHMS = (digest.MD5, digest.HMAC_SHA256)


def trigger(
    state: State,
    event: str,
    to: str,
    resource: Mapping[str, Any] | None = None,
    protocol: str = "v3",
    variant: str = "",
) -> str:
    """Send a notification, and return its id in the outbox.

    Args:
        state: state of the merchant.
        event: type of the notification, such as `TRANSACTION.SUCCESS`.
        to: address of the receiver.
        resource: fields that replace the generated ones.
        protocol: `v3` or `v2`.
        variant: variant of a type that several products share, such as `partner`; by default
            the first.

    Raises:
        Rejection: the type or variant does not exist, or the address is invalid.
    """
    webhook = _webhook(event, protocol)
    form = _form(webhook, variant)
    if not isinstance(to, str) or not to.startswith(("http://", "https://")):
        message = _("to {url!r}: expected an http or https address", url=str(to)[:200])
        raise Rejection(400, "PARAM_ERROR", message)
    made = {**content(webhook, state, variant), **_given(resource, protocol)}
    if protocol == "v2":
        return _trigger_v2(state, webhook, to, made)
    if event.startswith("COMPLAINT."):
        made |= _complaint(state, event, _given(resource, protocol))
    return state.outbox.post(to, event, made, **envelope(webhook, form))


def _complaint(state: State, event: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the content for a complaint, which is created if it does not exist."""
    asked = given.get("complaint_id")
    found = complaints.stub_complaint(state, asked if isinstance(asked, str) else "")
    told = {"complaint_id": found["complaint_id"]}
    if event == "COMPLAINT.CREATE":
        told["action_type"] = "CREATE_COMPLAINT"
    return told | given


def _webhook(event: str, protocol: str) -> Webhook:
    try:
        return webhook_of(event, protocol)
    except ValueError as error:
        raise Rejection(400, "PARAM_ERROR", str(error)) from None
    except LookupError as error:
        raise Rejection(404, "NOT_FOUND", str(error)) from None


def _form(webhook: Webhook, variant: str) -> Variant | None:
    """Return the requested variant, or None if the type has only one."""
    try:
        return form_of(webhook, variant)
    except LookupError as error:
        raise Rejection(400, "PARAM_ERROR", str(error)) from None


def _given(resource: Any, protocol: str) -> dict[str, Any]:
    """Check the given fields of a notification, and return them."""
    if resource is None:
        return {}
    try:
        if not isinstance(resource, Mapping):
            raise TypeError(_("its type is {type}", type=type(resource).__name__))
        text = json.dumps(dict(resource), ensure_ascii=False, allow_nan=False)
        text.encode()
        members: dict[str, Any] = json.loads(text)
        if protocol == "v2":
            xml.dumps(dict.fromkeys(members, ""))
    except (TypeError, ValueError, RecursionError, ConfigurationError) as error:
        message = _("resource: expected an object: {error}", error=error)
        raise Rejection(400, "PARAM_ERROR", message) from None
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
    if "req_info" in names:  # clients reject a refund notification without the refund's numbers
        whole = content(webhook, state) | made
        return state.outbox.post_v2(to, webhook.event, clear, sealed=whole)
    if "event_ciphertext" in names:
        return state.outbox.post_v2_event(to, webhook.event, clear, made)
    return state.outbox.post_v2(to, webhook.event, made, sign_type=kind)


def content(webhook: Webhook, state: State, variant: str = "") -> dict[str, Any]:
    """Return the generated content of a notification, for the gateway's merchant.

    Args:
        webhook: notification type of the catalogue.
        state: state of the merchant.
        variant: variant of a type that several products share; by default the first.

    Raises:
        Rejection: the variant does not exist.
    """
    return generated(webhook, _form(webhook, variant), party_of(state))
