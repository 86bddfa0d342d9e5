"""Profit sharing by APIv2: an order shared in parts, and a return."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.gateway.support import NOBODY

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]


def populate(world: World) -> None:
    """Share orders of a merchant and its sub-merchant."""
    merchant, tag = world.merchant, world.tag
    for named in ({}, {"sub_mch_id": world.sub}):
        own = {**named, "appid": merchant.appid}
        number = world.number("W")
        order = {
            **own,
            "body": f"{tag} tea to share",
            "out_trade_no": number,
            "total_fee": world.total,
            "notify_url": NOBODY,
            "spbill_create_ip": "127.0.0.1",
            "trade_type": "NATIVE",
            "profit_sharing": "Y",
        }
        world.ask("POST", "v2/pay/unifiedorder", body=order)
        paid = merchant.pay(number, f"o{tag}OpenidOfPayer")
        receiver = {"type": "MERCHANT_ID", "account": "1900000110", "relation_type": "PARTNER"}
        added = {**own, "receiver": json.dumps(receiver)}
        world.ask("POST", "v2/pay/profitsharingaddreceiver", body=added)
        share = {"amount": 7, "description": f"{tag} share by APIv2"}
        shared = {
            **own,
            "transaction_id": paid["transaction_id"],
            "out_order_no": world.number("W"),
            "receivers": json.dumps([{**receiver, **share}]),
        }
        world.ask("POST", "v2/secapi/pay/multiprofitsharing", body=shared)
        returned = {
            **own,
            "out_order_no": shared["out_order_no"],
            "out_return_no": world.number("W"),
            "return_account_type": "MERCHANT_ID",
            "return_account": receiver["account"],
            "return_amount": 3,
            "description": f"{tag} return by APIv2",
        }
        world.ask("POST", "v2/secapi/pay/profitsharingreturn", body=returned)
