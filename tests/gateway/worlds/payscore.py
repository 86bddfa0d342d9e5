"""Service orders of pay score in each state, and permissions of users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.gateway.support import NOBODY

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

BASE = "v3/payscore"


def populate(world: World) -> None:
    """Create orders and permissions of merchants, service providers and banks."""
    sub = {"sub_mchid": world.sub}
    for path, named in (
        (BASE, {}),
        (f"{BASE}/partner", sub),
        (f"{BASE}/acquiringbank", {**sub, "channel_id": f"{world.tag}Channel"}),
    ):
        _permission(world, path, named)
        for state in ("created", "confirmed", "collected", "paid", "cancelled"):
            _order(world, f"{path}/serviceorder", named, state)
    for part, named in (("", {}), ("partner/", sub)):
        _plan(world, part, named)
    for product in ("payafter-orders", "smartretail-orders"):
        older = {
            "appid": world.merchant.appid,
            "service_id": f"{world.tag}Service",
            "out_order_no": world.number("S"),
            "service_introduction": f"{world.tag} service",
            "service_start_time": "OnAccept",
            "risk_amount": world.total,
            "attach": f"{world.tag} attachment",
        }
        world.ask("POST", f"{BASE}/{product}", body=older)


def _permission(world: World, path: str, named: Mapping[str, str]) -> None:
    asked = {
        **named,
        "appid": world.merchant.appid,
        "service_id": f"{world.tag}Service",
        "authorization_code": world.number("A"),
        "notify_url": NOBODY,
    }
    world.ask("POST", f"{path}/permissions", body=asked)
    openid = f"o{world.number('OpenidOfUser')}"
    world.merchant.payscore_permissions.grant(asked["authorization_code"], openid=openid)


def _order(world: World, path: str, named: Mapping[str, str], state: str) -> None:
    number, merchant = world.number("S"), world.merchant
    whose = {**named, "appid": merchant.appid, "service_id": f"{world.tag}Service"}
    charged: dict[str, Any] = {
        "post_payments": [{"name": f"{world.tag} meal", "amount": world.total}],
        "total_amount": world.total,
    }
    order = {
        **whose,
        "out_order_no": number,
        "service_introduction": f"{world.tag} service",
        "time_range": {"start_time": "OnAccept", "end_time": "20301225121010"},
        "risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": world.total},
        "attach": f"{world.tag} attachment",
        "notify_url": NOBODY,
    }
    world.ask("POST", path, body=order)
    if state != "created":
        query_id = merchant.payscore.confirm(number, f"o{world.tag}OpidOfUser")["query_id"]
        world.seen.append({"query_id": query_id})
    if state == "cancelled":
        world.ask("POST", f"{path}/{number}/cancel", body={**whose, "reason": "用户投诉"})
    if state in ("collected", "paid"):
        world.ask("POST", f"{path}/{number}/complete", body={**whose, **charged})
    if state == "paid":
        merchant.payscore.pay(number)


def _plan(world: World, part: str, named: Mapping[str, str]) -> None:
    """Create a signed plan with a started first service."""
    merchant = world.merchant
    whose = {**named, "appid": merchant.appid, "service_id": f"{world.tag}Service"}
    plan = {
        **whose,
        "plan_name": f"{world.tag} training",
        "plan_duration": 30,
        "deduction_quantity": 1,
        "total_original_price": world.total,
        "total_actual_price": world.total,
        "plan_detail_list": [
            {
                "plan_detail_name": f"{world.tag} lesson",
                "original_price": world.total,
                "actual_price": world.total,
            }
        ],
        "merchant_plan_no": world.number("P"),
    }
    made = world.ask("POST", f"{BASE}/plan/{part}payscore-plans", body=plan)
    number = world.number("S")
    asked = {
        **whose,
        "plan_id": made["plan_id"],
        "openid": f"o{world.number('OpenidOfUser')}",
        "merchant_sign_plan_no": world.number("Q"),
        "notify_url": NOBODY,
        "sign_plan_detail": [{"plan_detail_no": 1, "merchant_plan_detail_no": number}],
    }
    told = world.ask("POST", f"{BASE}/sign-plan/{part}user-sign-plans", body=asked)
    merchant.payscore_plans.sign(asked["merchant_sign_plan_no"])
    begun = {
        **whose,
        "sign_plan_id": told["sign_plan"]["sign_plan_id"],
        "plan_detail_no": 1,
        "openid": asked["openid"],
        "notify_url": NOBODY,
        "service_introduction": f"{world.tag} lesson",
        "time_range": {"start_time": "OnAccept", "end_time": "20301225121010"},
        "out_trade_no": number,
    }
    world.ask("POST", f"{BASE}/sign-plan/{part}serviceorder", body=begun)
