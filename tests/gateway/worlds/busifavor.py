"""Merchants' coupons: stocks, codes, used and unused coupons, and subsidies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.gateway.support import NOBODY

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

BASE = "v3/marketing/busifavor"


def populate(world: World) -> None:
    """Create stocks of a merchant, and coupons that customers receive and use."""
    merchant, tag = world.merchant, world.tag
    callback = {"mchid": merchant.mchid, "notify_url": f"{NOBODY}/{tag}Busifavor"}
    world.ask("POST", f"{BASE}/callbacks", body=callback)
    openid = f"o{tag}OpidOfBusifavor"
    uploaded, running = _stock(world, "MERCHANT_UPLOAD"), _stock(world, "WECHATPAY_MODE")
    listed = {
        "coupon_code_list": [f"{tag}Code{index}" for index in range(2)],
        "upload_request_no": world.number("U"),
    }
    world.ask("POST", f"{BASE}/stocks/{uploaded}/couponcodes", body=listed)
    _sent(world, uploaded, openid)
    _sent(world, running, openid)
    used = {
        "coupon_code": _sent(world, running, openid),
        "appid": merchant.appid,
        "use_time": merchant.state.clock.rfc3339(),
        "use_request_no": world.number("E"),
    }
    world.ask("POST", f"{BASE}/coupons/use", body=used)
    _subsidy(world, running, used["coupon_code"])
    partnership = {
        "partner": {"type": "MERCHANT", "merchant_id": f"{tag}Partner"},
        "authorized_data": {"business_type": "BUSIFAVOR_STOCK", "stock_id": running},
    }
    world.ask("POST", "v3/marketing/partnerships/build", body=partnership)


def _subsidy(world: World, stock: str, code: str) -> None:
    merchant, tag = world.merchant, world.tag
    order = {
        "appid": merchant.appid,
        "mchid": merchant.mchid,
        "description": f"{tag} tea with a subsidy",
        "out_trade_no": world.number("N"),
        "notify_url": NOBODY,
        "amount": {"total": world.total, "currency": "CNY"},
        "settle_info": {"profit_sharing": True},
    }
    world.ask("POST", "v3/pay/transactions/native", body=order)
    transaction = merchant.pay(order["out_trade_no"])["transaction_id"]
    refund = {
        "out_trade_no": order["out_trade_no"],
        "out_refund_no": world.number("R"),
        "amount": {"refund": 1, "total": world.total, "currency": "CNY"},
    }
    refund_id = world.ask("POST", "v3/refund/domestic/refunds", body=refund)["refund_id"]
    named = {
        "stock_id": stock,
        "coupon_code": code,
        "transaction_id": transaction,
        "payer_merchant": merchant.mchid,
        "payee_merchant": merchant.mchid,
        "amount": 10,
        "description": f"{tag} subsidy",
    }
    paid = {**named, "out_subsidy_no": world.number("Y")}
    world.ask("POST", f"{BASE}/subsidy/pay-receipts", body=paid)
    returned = {
        **named,
        "amount": 3,
        "refund_id": refund_id,
        "out_subsidy_return_no": world.number("Z"),
    }
    world.ask("POST", f"{BASE}/subsidy/return-receipts", body=returned)


def _stock(world: World, mode: str) -> str:
    merchant, tag = world.merchant, world.tag
    clock = merchant.state.clock
    made: dict[str, Any] = {
        "stock_name": f"{tag} stock"[:20],
        "belong_merchant": merchant.mchid,
        "goods_name": f"{tag} goods"[:15],
        "stock_type": "NORMAL",
        "coupon_use_rule": {
            "coupon_available_time": {
                "available_begin_time": clock.rfc3339(clock.now() - 60),
                "available_end_time": clock.rfc3339(clock.now() + 86400),
            },
            "fixed_normal_coupon": {"discount_amount": 10, "transaction_minimum": 11},
            "use_method": "OFF_LINE",
        },
        "stock_send_rule": {"max_coupons": 10, "max_coupons_per_user": 5},
        "display_pattern_info": {"description": f"{tag} description of the stock"},
        "coupon_code_mode": mode,
        "subsidy": True,
        "out_request_no": world.number("S"),
    }
    return str(world.ask("POST", f"{BASE}/stocks", body=made)["stock_id"])


def _sent(world: World, stock: str, openid: str) -> str:
    asked = {
        "stock_id": stock,
        "out_request_no": world.number("C"),
        "appid": world.merchant.appid,
        "openid": openid,
    }
    return str(world.ask("POST", f"{BASE}/coupons/send", body=asked)["coupon_code"])
