"""Contracts of all products, unsigned, signed and terminated, and deductions by them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.gateway.support import NOBODY

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

SCHEDULED = "v3/papay/scheduled-deduct-sign"
PLAN = 12535


def populate(world: World) -> None:
    """Create contracts of APIv3 and APIv2, and deductions."""
    merchant, sub = world.merchant, {"sub_mchid": world.sub}
    partner = {**sub, "sp_appid": merchant.appid}
    for part, whose in (("", {"appid": merchant.appid}), ("partner/", partner)):
        path = f"{SCHEDULED}/{part}contracts/pre-entrust-sign/h5"
        _contract(world, path, whose, sign=False)
        contract = _contract(world, path, whose)
        _deductions(world, part, whose, contract["contract_id"])
        merchant.contracts.terminate(_contract(world, path, whose)["out_contract_code"])
        _contract(world, path, whose, deduct_schedule=_planned(world))
    path = "v3/ecommerce/combine-papay/contracts/pre-entrust-sign"
    contract = _contract(world, path, {"appid": merchant.appid}, url="notify_url")
    _combined(world, contract["contract_id"])
    _password_exempt(world)
    _insurance(world)
    for part, named in (("", {}), ("partner/", {"sub_mch_id": world.sub})):
        _by_v2(world, part, named)


def _contract(
    world: World,
    path: str,
    whose: Mapping[str, Any],
    *,
    sign: bool = True,
    url: str = "contract_notify_url",
    **changes: Any,
) -> Any:
    asked = {
        **whose,
        "plan_id": PLAN,
        "out_contract_code": world.number("C"),
        "contract_display_account": f"{world.tag} display account",
        url: NOBODY,
        **changes,
    }
    world.ask("POST", path, body=asked)
    if not sign:
        return asked
    openid = f"o{world.tag}OpenidOfUser"
    signed = world.merchant.contracts.sign(asked["out_contract_code"], openid)
    world.seen.append({"plan_id": str(PLAN), "contract_code": signed["out_contract_code"]})
    return signed


def _planned(world: World) -> dict[str, Any]:
    today = datetime.date.fromisoformat(world.merchant.state.clock.date())
    return {
        "estimated_deduct_date": f"{today + datetime.timedelta(days=1)}",
        "estimated_deduct_amount": {"total": world.total, "currency": "CNY"},
        "description": f"{world.tag} membership",
    }


def _deductions(world: World, part: str, whose: Mapping[str, Any], contract_id: str) -> None:
    for outcome in ("accepted", "paid", "failed"):
        made = {
            **whose,
            "out_trade_no": world.number("D"),
            "description": f"{world.tag} membership",
            "transaction_notify_url": NOBODY,
            "contract_id": contract_id,
            "amount": {"total": world.total, "currency": "CNY"},
        }
        world.ask("POST", f"v3/papay/pay/{part}transactions/apply", body=made)
        if outcome == "paid":
            world.merchant.pay(made["out_trade_no"])
        elif outcome == "failed":
            world.merchant.fail(made["out_trade_no"])


def _combined(world: World, contract_id: str) -> None:
    merchant = world.merchant
    order = {
        "mchid": merchant.mchid,
        "sub_mchid": world.sub,
        "amount": {"total_amount": world.total, "currency": "CNY"},
        "out_trade_no": world.number("D"),
        "description": f"{world.tag} membership",
    }
    made = {
        "combine_appid": merchant.appid,
        "combine_mchid": merchant.mchid,
        "combine_out_trade_no": world.number("B"),
        "contract_id": contract_id,
        "sub_orders": [order],
    }
    world.ask("POST", "v3/ecommerce/combine-papay/transactions", body=made)


def _password_exempt(world: World) -> None:
    base = "v3/password-exempt-contract/contracts"
    whose = {"appid": world.merchant.appid, "openid": f"o{world.tag}OpenidOfUser"}
    asked = {"service_id": PLAN, "url": "notify_url"}
    _contract(world, f"{base}/normal/pre-entrust-sign/mini-program", whose, **asked)
    world.seen.append({"service_id": str(PLAN)})


def _insurance(world: World) -> None:
    planned = _planned(world)
    del planned["description"]
    signed = _contract(
        world,
        "v3/papay/insurance-sign/contracts/pre-entrust-sign/app",
        {"appid": world.merchant.appid},
        insured_display_name=f"{world.tag} insured",
        policy_start_date="2026-01-01",
        policy_end_date="2026-12-31",
        policy_periods=[{"policy_period_id": 1, **planned}],
    )
    body = {"appid": world.merchant.appid, "scheduled_amount": planned["estimated_deduct_amount"]}
    path = "v3/papay/insurance-pay/policy-periods"
    number = f"contract-id/{signed['contract_id']}/policy-period-id/1"
    world.ask("POST", f"{path}/{number}/schedule", body=body)
    world.seen.append({"policy_period_id": "1"})


def _by_v2(world: World, part: str, named: Mapping[str, str]) -> None:
    whose = {**named, "appid": world.merchant.appid}
    asked = {
        **whose,
        "plan_id": str(PLAN),
        "contract_code": world.number("C"),
        "request_serial": "1",
        "contract_display_account": f"{world.tag} display account",
        "notify_url": NOBODY,
        "version": "1.0",
        "timestamp": "1414488825",
    }
    world.ask("POST", f"v2/papay/{part}preentrustweb", body=asked)
    signed = world.merchant.contracts.sign(asked["contract_code"], f"o{world.tag}OpenidOfUser")
    made = {
        **whose,
        "body": f"{world.tag} membership",
        "out_trade_no": world.number("D"),
        "total_fee": world.total,
        "notify_url": NOBODY,
        "trade_type": "PAP",
        "contract_id": signed["contract_id"],
        "spbill_create_ip": "127.0.0.1",
    }
    world.ask("POST", f"v2/pay/{part}pappayapply", body=made)
