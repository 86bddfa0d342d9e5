"""Coupons: a stopped stock, a running one, and used, refunded and unused coupons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.gateway.support import NOBODY

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

BASE = "v3/marketing/favor"


def populate(world: World) -> None:
    """Create stocks of a merchant, and customers' coupons."""
    merchant, tag = world.merchant, world.tag
    callback = {"mchid": merchant.mchid, "notify_url": f"{NOBODY}/{tag}Coupons"}
    world.ask("POST", f"{BASE}/callbacks", body=callback)
    stopped, running = _stock(world), _stock(world)
    creator = {"stock_creator_mchid": merchant.mchid}
    world.ask("POST", f"{BASE}/stocks/{stopped}/stop", body=creator)
    openid = f"o{tag}OpidOfCoupons"
    coupons = [_sent(world, running, openid) for _ in range(2)]
    by_v2 = {
        "appid": merchant.appid,
        "coupon_stock_id": running,
        "openid": openid,
        "openid_count": 1,
        "partner_trade_no": world.number("C"),
    }
    world.ask("POST", "v2/mmpaymkttransfers/send_coupon", body=by_v2)
    made = {
        "appid": merchant.appid,
        "mchid": merchant.mchid,
        "description": f"{tag} tea with a coupon",
        "out_trade_no": world.number("N"),
        "notify_url": NOBODY,
        "amount": {"total": world.total, "currency": "CNY"},
    }
    world.ask("POST", "v3/pay/transactions/native", body=made)
    merchant.pay(made["out_trade_no"], openid, coupons=coupons[:1])
    refund = {
        "out_trade_no": made["out_trade_no"],
        "out_refund_no": world.number("R"),
        "amount": {"refund": world.total - 1, "total": world.total, "currency": "CNY"},
    }
    world.ask("POST", "v3/refund/domestic/refunds", body=refund)


def _stock(world: World) -> str:
    merchant, tag = world.merchant, world.tag
    clock = merchant.state.clock
    made: dict[str, Any] = {
        "stock_name": f"{tag} stock"[:20],
        "available_begin_time": clock.rfc3339(clock.now() - 60),
        "available_end_time": clock.rfc3339(clock.now() + 86400),
        "stock_use_rule": {
            "max_coupons": 10,
            "max_amount": 100,
            "max_coupons_per_user": 5,
            "natural_person_limit": False,
            "prevent_api_abuse": False,
        },
        "coupon_use_rule": {
            "fixed_normal_coupon": {"coupon_amount": 10, "transaction_minimum": 11},
            "available_merchants": [merchant.mchid],
        },
        "pattern_info": {"description": f"{tag} description of the stock"},
        "no_cash": False,
        "stock_type": "NORMAL",
        "belong_merchant": merchant.mchid,
        "out_request_no": world.number("S"),
    }
    number = str(world.ask("POST", f"{BASE}/coupon-stocks", body=made)["stock_id"])
    creator = {"stock_creator_mchid": merchant.mchid}
    world.ask("POST", f"{BASE}/stocks/{number}/start", body=creator)
    return number


def _sent(world: World, stock: str, openid: str) -> str:
    asked = {
        "stock_id": stock,
        "out_request_no": world.number("C"),
        "appid": world.merchant.appid,
        "stock_creator_mchid": world.merchant.mchid,
    }
    told = world.ask("POST", f"{BASE}/users/{openid}/coupons", body=asked)
    return str(told["coupon_id"])
