"""The content of a notification, from the catalogue's examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ... import catalogue
from ...catalogue import Member, Variant, Webhook
from ...catalogue.example import scalar
from ...utils.display import represented
from ...utils.translation import _

__all__ = ["Party", "content", "envelope", "form_of", "webhook_of"]

ENVELOPE = ("sign", "nonce_str")
OWN = dict.fromkeys(
    """
    mchid mch_id sp_mchid sp_mch_id combine_mchid combine_mch_id sub_mchid sub_mch_id
    belong_merchant_id card_link_mchid charge_mchid complainted_mchid creator_merchant_id
    platform_mchid specialized_payment_mchid sponsor_mchid stock_creator_mchid transaction_mchid
    transaction_sub_mchid user_authorized_mchid
    """.split(),  # noqa: SIM905 - a long list of names
    "mchid",
)
"""Members with the merchant ID or the sub-merchant ID."""


class Party(NamedTuple):
    """The merchant that a notification concerns.

    Attributes:
        mchid: the merchant ID.
        appid: its appid.
        encrypt: encrypts a text for the merchant's key.
        sub_mchid: the sub-merchant ID; empty keeps the one in the examples.
        sub_appid: the sub-merchant's appid.
    """

    mchid: str
    appid: str
    encrypt: Callable[[str], str]
    sub_mchid: str = ""
    sub_appid: str = ""

    def own(self, name: str) -> str:
        """Return the merchant's value for a member name; empty for any other member."""
        kind = "appid" if name.endswith("appid") else OWN.get(name, "")
        if kind and "sub" in name.split("_"):
            kind = f"sub_{kind}"
        return str(getattr(self, kind)) if kind else ""


def content(webhook: Webhook, form: Variant | None, party: Party) -> dict[str, Any]:
    """Return the content of a notification.

    Args:
        webhook: the catalogue's description.
        form: the form of an event type that several products share; None if it has only one.
        party: the merchant.
    """
    if form is not None:
        return _filled(form.resource, party)
    in_the_clear = webhook.resource == webhook.body
    left_out = ENVELOPE if in_the_clear else ()
    members = [member for member in webhook.resource if member.name not in left_out]
    return _filled(members, party)


def form_of(webhook: Webhook, variant: str) -> Variant | None:
    """Return the requested form, or None if the event type has only one.

    Args:
        webhook: the catalogue's description.
        variant: the name of the form; empty selects the first.

    Raises:
        LookupError: the form does not exist.
    """
    if not variant:
        return next(iter(webhook.variants), None)
    form = webhook.variant(variant)
    if form is None:
        names = ", ".join(each.name for each in webhook.variants)
        expected = (
            _("expected {names}", names=names)
            if names
            else _("{event} has only one variant", event=webhook.event)
        )
        raise LookupError(
            _("variant {variant!r}: {expected}", variant=str(variant)[:80], expected=expected)
        )
    return form


def webhook_of(event: str, protocol: str) -> Webhook:
    """Return an event type from the catalogue.

    Args:
        event: its name, such as `TRANSACTION.SUCCESS`.
        protocol: `v3` or `v2`.

    Raises:
        ValueError: the protocol is unknown.
        LookupError: the event type does not exist; the message lists similar ones.
    """
    if protocol not in ("v2", "v3"):
        raise ValueError(
            _("protocol {represented}: expected v2 or v3", represented=represented(protocol))
        )
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
    raise LookupError(
        _(
            "API{protocol} has no notification {words}{hint}",
            protocol=protocol,
            words=words,
            hint=hint,
        )
    )


def envelope(webhook: Webhook, form: Variant | None) -> dict[str, str]:
    """Return the envelope of an APIv3 notification, in the form of `body_v3`'s arguments.

    Args:
        webhook: the catalogue's description.
        form: the form of an event type that several products share; None if it has only one.
    """
    original_type = _fixed(webhook, "original_type", "transaction")
    if form is not None and form.original_type:
        original_type = form.original_type
    return {
        "summary": _fixed(webhook, "summary", webhook.title.partition("(")[0]),
        "original_type": original_type,
        "resource_type": _fixed(webhook, "resource_type", "encrypt-resource"),
        "associated_data": _fixed(webhook, "associated_data", original_type),
    }


def _fixed(webhook: Webhook, name: str, default: str) -> str:
    """Return the constant value of an envelope member in the catalogue, or a default."""
    for outer in webhook.body:
        for member in (outer, *(outer.members if outer.name == "resource" else ())):
            if member.name == name and (member.enum or "const" in member.item):
                return str(scalar(member))
    return default


def _filled(members: Iterable[Member], party: Party) -> dict[str, Any]:
    made = {member.name: _value(member, party) for member in members if "$" not in member.name}
    _agree(made.get("amount"), made.get("promotion_detail"))
    return made


def _agree(amount: Any, coupons: Any) -> None:
    """Set the paid amount to the full amount without coupons, as in most payments."""
    if isinstance(amount, dict) and isinstance(coupons, list):
        coupons.clear()
        if "discount_total" in amount:
            amount["discount_total"] = 0


def _value(member: Member, party: Party) -> Any:
    if member.type.startswith("object"):
        value: Any = _filled(member.members, party)
    elif own := party.own(member.name):
        value = own
    elif member.name.endswith("_fee") and member.type == "string":
        value = "100"
    else:
        value = scalar(member)
    if member.encrypted == "RSAES-OAEP" and isinstance(value, str):
        value = party.encrypt(value)
    return [value] if member.type.endswith("[]") else value
