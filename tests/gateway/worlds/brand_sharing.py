"""Profit sharing of a brand: a shared order and a return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gateway.support import NOBODY

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

BASE = "v3/brand/profitsharing"


def populate(world: World) -> None:
    """Share an order of a sub-merchant, and set the brand's maximum share."""
    merchant, tag = world.merchant, world.tag
    brand = {"brand_mchid": f"{tag}BrandMchid"}
    receiver = {"type": "MERCHANT_ID", "account": "1900000110"}
    named = {**brand, "appid": merchant.appid, **receiver, "relation_type": "SUPPLIER"}
    world.ask("POST", f"{BASE}/receivers/add", body=named)
    order = {
        "sp_appid": merchant.appid,
        "sp_mchid": merchant.mchid,
        "sub_mchid": world.sub,
        "out_trade_no": world.number("N"),
        "description": f"{tag} tea of a brand",
        "notify_url": NOBODY,
        "amount": {"total": world.total, "currency": "CNY"},
        "settle_info": {"profit_sharing": True},
    }
    world.ask("POST", "v3/pay/partner/transactions/native", body=order)
    paid = merchant.pay(order["out_trade_no"], f"o{tag}OpenidOfPayer")
    sharing = {
        **brand,
        "sub_mchid": world.sub,
        "appid": merchant.appid,
        "transaction_id": paid["transaction_id"],
        "out_order_no": world.number("P"),
        "receivers": [{**receiver, "amount": 7, "description": f"{tag} share"}],
        "finish": False,
    }
    world.ask("POST", f"{BASE}/orders", body=sharing)
    returned = {
        "sub_mchid": world.sub,
        "out_order_no": sharing["out_order_no"],
        "out_return_no": world.number("Q"),
        "return_mchid": receiver["account"],
        "amount": 3,
        "description": f"{tag} return",
    }
    world.ask("POST", f"{BASE}/returnorders", body=returned)
    merchant.profit_sharing.set_max_ratio(9_999, **brand)
    world.ask("GET", f"{BASE}/brand-configs/{brand['brand_mchid']}")
