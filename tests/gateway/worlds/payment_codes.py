"""Payments by code and by face, shown codes, and combined orders of both protocols."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.gateway.support import NOBODY, new_code

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]


def populate(world: World) -> None:
    """Create payments by code and by face, immediate and delayed."""
    merchant, tag = world.merchant, world.tag
    own = {"appid": merchant.appid, "mchid": merchant.mchid}
    partner = {"sp_appid": merchant.appid, "sp_mchid": merchant.mchid, "sub_mchid": world.sub}
    for path, whose in (("", own), ("partner/", partner)):
        for ending in ("9999", "0001", "0003"):
            made = {
                **whose,
                "description": f"{tag} tea by code",
                "out_trade_no": world.number("V"),
                "payer": {"auth_code": new_code(ending)},
                "amount": {"total": world.total, "currency": "CNY"},
                "scene_info": {"store_info": {"id": f"{tag}-store"}},
            }
            world.ask("POST", f"v3/pay/{path}transactions/codepay", body=made)
    for named in ({}, {"sub_mch_id": world.sub}):
        fields = {
            **named,
            "appid": merchant.appid,
            "body": f"{tag} tea by face",
            "out_trade_no": world.number("V"),
            "total_fee": world.total,
            "fee_type": "CNY",
            "spbill_create_ip": "127.0.0.1",
            "face_code": f"{tag}-face-{world.made:04}9",
        }
        world.ask("POST", "v2/pay/facepay", body=fields)
    one = {
        "mchid": merchant.mchid,
        "sub_mchid": world.sub,
        "attach": f"{tag} attachment",
        "amount": {"total_amount": world.total, "currency": "CNY"},
        "out_trade_no": world.number("V"),
        "description": f"{tag} combined",
    }
    combined = {
        "combine_appid": merchant.appid,
        "combine_mchid": merchant.mchid,
        "combine_out_trade_no": world.number("V"),
        "sub_orders": [one],
        "notify_url": NOBODY,
    }
    world.ask("POST", "v3/combine-transactions/native", body=combined)
    merchant.pay(one["out_trade_no"], f"o{tag}OpenidOfPayer")
    for paid in (False, True):
        inner = {
            "appid": merchant.appid,
            "mch_id": merchant.mchid,
            "sub_mch_id": world.sub,
            "body": f"{tag} combined by APIv2",
            "attach": f"{tag} attachment",
            "out_trade_no": world.number("V"),
            "fee_type": "CNY",
            "total_fee": world.total,
        }
        by_v2 = {
            "combine_appid": merchant.appid,
            "combine_mch_id": merchant.mchid,
            "combine_out_trade_no": world.number("V"),
            "spbill_create_ip": "127.0.0.1",
            "notify_url": NOBODY,
            "trade_type": "NATIVE",
            "scene_info": json.dumps({"payer_client_ip": "127.0.0.1"}),
            "sub_order_list": json.dumps({"order_num": 1, "order_list": [inner]}),
        }
        world.ask("POST", "v2/pay/combinedorder", body=by_v2)
        if paid:
            merchant.pay(by_v2["combine_out_trade_no"], f"o{tag}OpenidOfPayer")
    long_url = {"appid": merchant.appid, "long_url": f"weixin://wxpay/bizpayurl?pr={tag}"}
    world.ask("POST", "v2/tools/shorturl", body=long_url)
    merchant.payment_codes.show(openid=f"o{tag}OpenidOfPayer")
