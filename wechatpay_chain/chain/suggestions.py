"""Suggestions for misspelled names and invalid values in a call.

A correct call uses only `reject_empty`, which checks the values of path variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.translation import N_, _, joined

if TYPE_CHECKING:
    from ..messages.request import Options

__all__ = ["call_hints", "raise_attribute_error", "reject_empty"]

NOT_ON_A_CLIENT = {
    "serial": N_("wxpay.credential.serial is the serial number of the merchant's certificate"),
    "certs": N_("wxpay.platform has WeChat Pay's keys"),
    "certificates": N_("wechatpay_chain.certificates.download(wxpay) downloads them"),
    "sub_mchid": N_("a client can act for any sub-merchant: pass sub_mchid to each call"),
}
"""Names that users try on a client, and where to find what they look for."""

ARGUMENTS = frozenset(
    [
        "apiv3_key",
        "backup_base_uri",
        "base_uri",
        "check",
        "deadline",
        "fill",
        "key_store",
        "max_connections",
        "max_response_size",
        "merchant",
        "private_key",
        "proxy",
        "retry",
        "secret",
        "sensitive",
        "timeout",
        "transport",
        "verify",
    ]
)
"""Arguments of the client that it does not expose as attributes."""


OPTIONAL = "empty"
SENT_EMPTY = frozenset(
    [
        "v3/apply4subject/applyment/merchants/{sub_mchid}/state",
        "v3/apply4subject/applyment/{applyment_id}/cancel",
        "v3/apply4subject/applyment/{business_code}/cancel",
        "v3/applyment4sub/applyment/applyment_id/{applyment_id}",
        "v3/applyment4sub/applyment/business_code/{business_code}",
        "v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close",
        "v3/global/refunds/id/{refund_id}",
        "v3/marketing/busifavor/coupons/{card_id}/send",
        "v3/marketing/busifavor/users/{openid}/coupons/{coupon_code}/appids/{appid}",
        "v3/marketing/favor/stocks/{stock_id}",
        "v3/marketing/favor/stocks/{stock_id}/items",
        "v3/marketing/favor/stocks/{stock_id}/merchants",
        "v3/marketing/favor/stocks/{stock_id}/pause",
        "v3/marketing/favor/stocks/{stock_id}/refund-flow",
        "v3/marketing/favor/stocks/{stock_id}/restart",
        "v3/marketing/favor/stocks/{stock_id}/start",
        "v3/marketing/favor/stocks/{stock_id}/use-flow",
        "v3/marketing/favor/users/{openid}/coupons",
        "v3/marketing/favor/users/{openid}/coupons/{coupon_id}",
        "v3/marketing/goods-subsidy-activity/activity/{activity_id}/apply",
        "v3/marketing/paygiftactivity/activities/{activity_id}",
        "v3/marketing/paygiftactivity/activities/{activity_id}/goods",
        "v3/marketing/paygiftactivity/activities/{activity_id}/merchants",
        "v3/marketing/paygiftactivity/activities/{activity_id}/merchants/add",
        "v3/marketing/paygiftactivity/activities/{activity_id}/merchants/delete",
        "v3/marketing/paygiftactivity/activities/{activity_id}/terminate",
        "v3/multiuse/users/{openid}/coupons",
        "v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}",
        "v3/offlinefacemch/organizations/{organization_id}/users/user-id/{user_id}/terminate-contract",
        "v3/papay/contracts/{contract_id}/notify",
        "v3/papay/insurance-pay/policy-periods/contract-id/{contract_id}/policy-period-id/{policy_period_id}",
        "v3/papay/insurance-pay/policy-periods/contract-id/{contract_id}/policy-period-id/{policy_period_id}/schedule",
        "v3/papay/insurance-sign/contracts/plan-id/{plan_id}/contract-id/{contract_id}/renew",
        "v3/payscore/partner/serviceorder/{out_order_no}/send-pendingmessage",
        "v3/payscore/partner/serviceorder/{out_order_no}/send-prepaidmessage",
        "v3/payscore/payafter-orders/{out_order_no}/cancel",
        "v3/payscore/payafter-orders/{out_order_no}/complete",
        "v3/payscore/payafter-orders/{out_order_no}/sync",
        "v3/payscore/serviceorder/{out_order_no}/cancel",
        "v3/payscore/serviceorder/{out_order_no}/complete",
        "v3/payscore/serviceorder/{out_order_no}/pay",
        "v3/payscore/serviceorder/{out_order_no}/send-pendingmessage",
        "v3/payscore/serviceorder/{out_order_no}/send-prepaidmessage",
        "v3/payscore/smartretail-orders/{out_order_no}/cancel",
        "v3/payscore/smartretail-orders/{out_order_no}/complete",
        "v3/refunds/id/{refund_id}",
        "v3/smartguide/guides/{guide_id}/assign",
    ]
)
"""Paths for which samples of the official SDK leave a variable empty; an empty value is allowed."""


def reject_empty(path: str, values: Mapping[str, Any]) -> None:
    """Reject an empty string as the value of a path variable: it would address another resource.

    Args:
        path: the path with its variables.
        values: the values by name.

    Raises:
        ConfigurationError: a value is empty; the message names the variable.
    """
    for name, value in values.items():
        if isinstance(value, str) and not value.strip() and name != OPTIONAL:
            if re.split("[?#]", path.strip("/"), maxsplit=1)[0] in SENT_EMPTY:
                continue
            raise ConfigurationError(
                _(
                    "{path}: {name!r} is {value!r}. An empty value would request another "
                    "resource, such as a collection; pass the actual value",
                    path=printable(path),
                    name=name,
                    value=value,
                )
            )


def call_hints(path: str, values: Mapping[str, Any], options: Options, names: Iterable[str]) -> str:
    """Return hints about the names passed to a call; empty if there are none.

    Args:
        path: the path with its variables.
        values: the keywords that are not options.
        options: the options of the call.
        names: the names of all options.
    """
    hints = [
        _(
            "{name!r} is inside {place}=, which does not fill the path: pass it as a keyword "
            "argument next to {place}=",
            name=name,
            place=place,
        )
        for place in ("query", "json", "xml")
        if isinstance(given := getattr(options, place), Mapping)
        for name in given
        if f"{{{name}}}" in path and name not in values
    ]
    body = "xml" if path.lstrip("/")[:3].lower() == "v2/" else "json"
    for name in sorted(map(str, values)):
        if f"{{{name}}}" in path:
            continue
        near = _nearest(name, names, 0.7)
        if near:
            hints.append(_("did you mean {near}=?", near=near[0]))
        else:
            hints.append(
                _(
                    "Pass a field of the body in {body}=, and a query parameter in query=: "
                    "{body}={{{name!r}: …}}",
                    body=body,
                    name=name,
                )
            )
    return joined("", (_(". {hint}", hint=hint) for hint in hints))


def raise_attribute_error(name: str, known: Iterable[str]) -> NoReturn:
    """Raise an error for an unknown attribute of a client, with suggestions.

    Args:
        name: the requested attribute.
        known: the client's own names.

    Raises:
        AttributeError: always.
    """
    if name in NOT_ON_A_CLIENT:
        hint = _("{sentence}.", sentence=_(NOT_ON_A_CLIENT[name]))
    elif name in ARGUMENTS:
        hint = _(
            "it is an argument of WeChatPay({name}=…), not an attribute of a client.", name=name
        )
    elif near := _nearest(name, known, 0.6):
        hint = _("did you mean wxpay.{near}?", near=near[0])
    else:
        hint = _("is it a path segment? Write wxpay['{name}/…'].", name=name)
    raise AttributeError(
        _(
            "a client has no attribute {name!r}: {hint} A path written as attributes begins with "
            "v3 or v2, as in wxpay.v3.certificates.get()",
            name=name,
            hint=hint,
        )
    )


def _nearest(name: str, known: Iterable[str], cutoff: float) -> list[str]:
    """Return the most similar known name, or an empty list if none is similar enough."""
    import difflib  # only failing calls need it

    return difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
