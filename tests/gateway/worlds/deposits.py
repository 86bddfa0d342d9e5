"""Deposits: a held one, and a consumed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gateway.support import NOBODY, new_code

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]


def populate(world: World) -> None:
    """Create deposits of a merchant and its sub-merchant."""
    for named in ({}, {"sub_mch_id": world.sub}):
        own = {**named, "appid": world.merchant.appid, "fee_type": "CNY"}
        order = {
            **own,
            "body": f"{world.tag} umbrella",
            "total_fee": world.total,
            "spbill_create_ip": "127.0.0.1",
        }
        later = {"out_trade_no": world.number("D"), "trade_type": "APP", "notify_url": NOBODY}
        world.ask("POST", "v2/deposit/unifiedorder", body={**order, **later})
        for consumed in (False, True):
            number = world.number("D")
            paid = {**order, "out_trade_no": number, "auth_code": new_code(), "deposit": "Y"}
            world.ask("POST", "v2/deposit/micropay", body=paid)
            if consumed:
                told = {"out_trade_no": number, "total_fee": world.total, "consume_fee": 7}
                world.ask("POST", "v2/deposit/consume", body={**own, **told})
