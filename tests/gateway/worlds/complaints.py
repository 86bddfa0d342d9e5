"""Complaints with images, support by the staff, and responses."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.gateway.support import NOBODY

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

BASE = "v3/merchant-service/complaints-v2"


def populate(world: World) -> None:
    """Create complaints about orders of the merchant and its sub-merchant."""
    merchant, tag = world.merchant, world.tag
    picture = base64.b64encode(f"{tag} picture of a customer".encode()).decode()
    order = {
        "description": f"{tag} tea for a complaint",
        "notify_url": NOBODY,
        "amount": {"total": world.total, "currency": "CNY"},
    }
    own = {"appid": merchant.appid, "mchid": merchant.mchid}
    ours = {"sp_appid": merchant.appid, "sp_mchid": merchant.mchid, "sub_mchid": world.sub}
    for path, whose in (("", own), ("partner/", ours)):
        made = {**order, **whose, "out_trade_no": world.number("N")}
        world.ask("POST", f"v3/pay/{path}transactions/native", body=made)
        merchant.pay(made["out_trade_no"], f"o{tag}OpenidOfPayer")
        complaint = merchant.complaints.complain(
            made["out_trade_no"], f"{tag} complaint", problem="REFUND", images=[picture]
        )
        world.seen.append(complaint)
        number = complaint["complaint_id"]
        merchant.complaints.escalate(number, f"{tag} reason for help")
        merchant.complaints.say(number, f"{tag} second message")
        answer = {
            "complainted_mchid": complaint["complainted_mchid"],
            "response_content": f"{tag} response",
        }
        world.ask("POST", f"{BASE}/{number}/response", body=answer)
        world.ask("GET", f"{BASE}/{number}")
