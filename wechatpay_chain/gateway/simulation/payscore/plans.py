"""Plans of pay score: several services of a merchant that a user signs for once.

Each service of a plan is a service order with a number that the merchant has assigned. The services
are provided one after the other.

Sources: https://pay.weixin.qq.com/docs/partner/products/partner-payscore-plan/development.html,
https://pay.weixin.qq.com/docs/merchant/apis/payscore-plan/user-sign-plan/query-user-sign-plan.html,
https://pay.weixin.qq.com/docs/merchant/apis/payscore-plan/service-order/create-service-order.html
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from ..listing import listed_for
from ..tokens import random_token
from . import records as orders
from . import views

__all__ = [
    "KIND",
    "SIGNED",
    "UNSIGNED",
    "Plan",
    "SignPlan",
    "ask",
    "cancel",
    "create",
    "existing",
    "existing_plan",
    "of_id",
    "next_detail",
    "shown",
    "shown_plan",
    "sign",
    "stop",
]

Plan = dict[str, Any]
SignPlan = dict[str, Any]

KIND = "payscore-sign-plan"
NORMAL, STOP = "NORMAL", "STOP"
UNSIGNED, SIGNED, CANCELLED = "UNSIGNED", "SIGNED", "SIGN_PLAN_CANCEL"
COMPLETE, EXPIRED = "COMPLETE", "EXPIRE"
NOT_USED, USING, USED = "NOT_USED", "USING", "USED"
DETAIL_STATES = {
    views.CREATED: USING,
    views.DOING: USING,
    views.DONE: USED,
    views.REVOKED: "SIGN_PLAN_DETAIL_CANCEL",
    views.EXPIRED: "SIGN_PLAN_DETAIL_CANCEL",
}
"""The state of a service in a plan, by the state of its service order."""
PLAN_MEMBERS = (
    *("service_id", "appid", "sub_mchid", "sub_appid", "merchant_plan_no", "plan_name"),
    *("plan_duration", "deduction_quantity", "total_original_price", "total_actual_price"),
)
PARTIES = ("service_id", "appid", "sub_mchid", "sub_appid", "openid", "sub_openid")


def create(state: State, number: str, content: str, given: Mapping[str, Any]) -> Plan:
    """Create a plan, or return the existing one if the content is the same.

    Args:
        state: the state of the merchant.
        number: `merchant_plan_no`.
        content: the fingerprint of the request.
        given: the members of the request.

    Raises:
        Rejection: the number was used, or the prices of the services do not add up to the plan's.
    """
    known = state.store.get("payscore-plan", number)
    if known is not None:
        if known["content"] != content:
            message = f"相同计划号使用了不同的参数: {number}"
            raise Rejection(400, "INVALID_REQUEST", message)
        return known
    details = given.get("plan_detail_list") or []
    _check_prices(given, details)
    plan: Plan = {
        **{name: given.get(name) or "" for name in PLAN_MEMBERS},
        "plan_id": f"{state.clock.compact()}{secrets.randbelow(10**14):014}",
        "plan_state": NORMAL,
        "plan_detail_list": [
            {**each, "plan_detail_no": index} for index, each in enumerate(details, start=1)
        ],
        "content": content,
        "created": state.clock.now(),
    }
    state.store.put("payscore-plan", number, plan)
    state.store.put("payscore-plan-id", plan["plan_id"], {"merchant_plan_no": number})
    return plan


def _check_prices(given: Mapping[str, Any], details: list[dict[str, Any]]) -> None:
    if len(details) != given["deduction_quantity"] or not details:
        issue = f"must be the number of services, which is {len(details)}"
        raise Rejection.parameter("/deduction_quantity", given["deduction_quantity"], issue)
    for name, total in (
        ("original_price", "total_original_price"),
        ("actual_price", "total_actual_price"),
    ):
        if sum(each[name] for each in details) != given[total]:
            issue = f"must be the sum of {name} of all services"
            raise Rejection.parameter(f"/{total}", given[total], issue)
    for index, each in enumerate(details):
        before = details[max(index - 1, 0)]["actual_price"]
        if not 0 < each["actual_price"] <= min(each["original_price"], before):
            issue = "must be above 0, and at most original_price and the price before"
            pointer = f"/plan_detail_list/{index}/actual_price"
            raise Rejection.parameter(pointer, each["actual_price"], issue)


def existing_plan(state: State, number: str, sub_mchid: str) -> Plan:
    """Return a plan by its merchant-assigned number.

    Raises:
        Rejection: the sub-merchant has no such plan.
    """
    plan = state.store.get("payscore-plan", number)
    if plan is None or plan["sub_mchid"] != sub_mchid:
        raise _absent(number)
    return plan


def _absent(number: str) -> Rejection:
    return Rejection(404, "ORDER_NOT_EXIST", f"计划不存在: {number}")


def stop(state: State, plan: Plan) -> Plan:
    """Stop a plan, so that it cannot be signed any more; a repetition has no effect."""
    if plan["plan_state"] == NORMAL:
        plan |= {"plan_state": STOP, "stopped": state.clock.now()}
        state.store.put("payscore-plan", plan["merchant_plan_no"], plan)
    return plan


def shown_plan(state: State, plan: Plan) -> dict[str, Any]:
    """Return a plan as a response."""
    names = (*PLAN_MEMBERS, "plan_id", "plan_state", "plan_detail_list")
    view = {name: plan[name] for name in names if plan[name] != ""}
    if "stopped" in plan:
        view |= {"stop_mchid": state.mchid, "stop_time": state.clock.rfc3339(plan["stopped"])}
    return {**view, "mchid": state.mchid}


def ask(state: State, number: str, content: str, given: Mapping[str, Any]) -> SignPlan:
    """Create a sign plan for a user, or return the existing one if the content is the same.

    Args:
        state: the state of the merchant.
        number: `merchant_sign_plan_no`.
        content: the fingerprint of the request.
        given: the members of the request.

    Raises:
        Rejection: the number was used, the plan does not exist or has stopped, or the numbered
            services are not those of the plan.
    """
    known = state.store.get(KIND, number)
    if known is not None:
        if known["content"] != content:
            message = f"相同签约计划号使用了不同的参数: {number}"
            raise Rejection(400, "INVALID_REQUEST", message)
        return known
    pointer = state.store.get("payscore-plan-id", given["plan_id"]) or {}
    plan = existing_plan(state, pointer.get("merchant_plan_no", ""), given.get("sub_mchid") or "")
    if plan["plan_state"] != NORMAL or plan["service_id"] != given["service_id"]:
        raise Rejection(400, "INVALID_REQUEST", f"支付分计划不可签约: {given['plan_id']}")
    numbers = {each["plan_detail_no"]: each["merchant_plan_detail_no"] for each in _named(given)}
    if sorted(numbers) != [each["plan_detail_no"] for each in plan["plan_detail_list"]]:
        issue = "must number each service of the plan once"
        raise Rejection.parameter("/sign_plan_detail", sorted(numbers), issue)
    signing = {
        **{name: given.get(name) or "" for name in PARTIES},
        "merchant_sign_plan_no": number,
        "sign_plan_id": f"{state.clock.compact()}{secrets.randbelow(10**14):014}",
        "notify_url": given["notify_url"],
        "plan_id": plan["plan_id"],
        "plan": plan,
        "numbers": {f"{index}": each for index, each in numbers.items()},
        "sign_state": UNSIGNED,
        "package": random_token(48),
        "content": content,
        "created": state.clock.now(),
    }
    state.store.put("payscore-sign-plan-id", signing["sign_plan_id"], {"number": number})
    _save(state, signing)
    return signing


def _named(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    named: list[dict[str, Any]] = given["sign_plan_detail"]
    numbers = [each["merchant_plan_detail_no"] for each in named]
    if len(set(numbers)) != len(numbers):
        raise Rejection.parameter("/sign_plan_detail", numbers, "must have different numbers")
    return named


def _save(state: State, signing: SignPlan) -> None:
    state.store.put(KIND, signing["merchant_sign_plan_no"], signing)
    state.log.tell("payscore-sign-plan", signing)


def existing(state: State, number: str, sub_mchid: str | None = None) -> SignPlan:
    """Return a sign plan by its merchant-assigned number, in its current state.

    Args:
        state: the state of the merchant.
        number: `merchant_sign_plan_no`.
        sub_mchid: the required sub-merchant; None accepts any.

    Raises:
        Rejection: there is no such sign plan.
    """
    signing = state.store.get(KIND, number)
    if signing is None or sub_mchid not in (None, signing["sub_mchid"]):
        raise _absent(number)
    if signing["sign_state"] == SIGNED:
        states = [each["plan_detail_state"] for each in _details(state, signing)]
        if signing["over"] <= state.clock.now():
            signing["sign_state"] = EXPIRED
        elif all(each == USED for each in states):
            signing["sign_state"] = COMPLETE
    return signing


def of_id(state: State, sign_plan_id: str, sub_mchid: str) -> SignPlan:
    """Return a sign plan by WeChat Pay's number.

    Raises:
        Rejection: there is no such sign plan.
    """
    pointer = state.store.get("payscore-sign-plan-id", sign_plan_id) or {}
    return existing(state, pointer.get("number", ""), sub_mchid)


def sign(state: State, number: str, openid: str = "") -> SignPlan:
    """Sign a plan on behalf of the user; the merchant is notified.

    Raises:
        Rejection: there is no such unsigned sign plan.
    """
    signing = existing(state, number)
    if signing["sign_state"] != UNSIGNED:
        message = f"签约计划状态是 {signing['sign_state']}: {number}"
        raise Rejection(400, "INVALID_REQUEST", message)
    now = state.clock.now()
    signing |= {
        "sign_state": SIGNED,
        "openid": openid or signing["openid"] or f"o{random_token(20)}",
        "signed": now,
        "over": now + signing["plan"]["plan_duration"] * 86400,
    }
    _save(state, signing)
    _notify(state, signing, "PAYSCORE.USER_SIGN_PLAN", "签约成功")
    return signing


def cancel(state: State, signing: SignPlan, by: str, reason: str) -> SignPlan:
    """Cancel a sign plan; the merchant is notified of a cancellation by the user.

    Args:
        state: the state of the merchant.
        signing: a signed or unsigned sign plan.
        by: `USER` or `MERCHANT`.
        reason: the reason of the cancellation.

    Raises:
        Rejection: the sign plan has already ended.
    """
    if signing["sign_state"] not in (UNSIGNED, SIGNED):
        message = f"签约计划状态是 {signing['sign_state']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    signing |= {
        "sign_state": CANCELLED,
        "cancelled": state.clock.now(),
        "cancelled_by": by,
        "reason": reason,
    }
    _save(state, signing)
    if by == "USER":
        _notify(state, signing, "PAYSCORE.USER_CANCEL_SIGN_PLAN", "取消签约")
    return signing


def _details(state: State, signing: SignPlan) -> list[dict[str, Any]]:
    """Return the services of a plan with their states."""
    found = []
    for each in signing["plan"]["plan_detail_list"]:
        number = signing["numbers"][f"{each['plan_detail_no']}"]
        order = orders.find(state, number)
        if order is not None and order.get("sign_plan_id") != signing["sign_plan_id"]:
            order = None
        detail = {**each, "merchant_plan_detail_no": number, "plan_detail_state": NOT_USED}
        if order is not None:
            detail |= {
                "plan_detail_state": DETAIL_STATES[order["state"]],
                "order_id": order["order_id"],
                "use_time": state.clock.rfc3339(order["created"]),
            }
            if order["state"] == views.DONE:
                detail["actual_pay_price"] = order["total"]
        found.append(detail)
    return found


def next_detail(state: State, signing: SignPlan, index: int) -> dict[str, Any]:
    """Return a service of a plan if it is the next one.

    Raises:
        Rejection: the plan is not signed, another service is in use, or this is not the next one.
    """
    if signing["sign_state"] != SIGNED:
        raise Rejection(400, "INVALID_REQUEST", f"签约计划状态是 {signing['sign_state']}")
    details = _details(state, signing)
    if any(each["plan_detail_state"] == USING for each in details):
        raise Rejection(400, "INVALID_REQUEST", "签约计划有服务中的订单")
    unused = [each for each in details if each["plan_detail_state"] == NOT_USED]
    if not unused or unused[0]["plan_detail_no"] != index:
        raise Rejection(400, "INVALID_REQUEST", f"计划明细须按序号依次使用: {index}")
    return unused[0]


def shown(state: State, signing: SignPlan) -> dict[str, Any]:
    """Return a sign plan as a response or a notification."""
    details, plan = _details(state, signing), signing["plan"]
    names = (*PARTIES, "sign_plan_id", "merchant_sign_plan_no", "plan_id", "sign_state")
    going = [each["plan_detail_no"] for each in details if each["plan_detail_state"] != NOT_USED]
    view = {
        **{name: signing[name] for name in names if signing[name]},
        "mchid": state.mchid,
        "merchant_callback_url": signing["notify_url"],
        "going_detail_no": max(going, default=0),
        "plan_name": plan["plan_name"],
        "plan_over_time": state.clock.rfc3339(signing["over"]) if "over" in signing else "",
        "total_origin_price": plan["total_original_price"],
        "deduction_quantity": plan["deduction_quantity"],
        "total_actual_price": plan["total_actual_price"],
        "signed_detail_list": details,
        "cancel_sign_type": signing.get("cancelled_by", "NOT_CANCEL"),
    }
    if "signed" in signing:
        view["sign_time"] = state.clock.rfc3339(signing["signed"])
    if "cancelled" in signing:
        view |= {
            "cancel_sign_time": state.clock.rfc3339(signing["cancelled"]),
            "cancel_reason": signing["reason"],
        }
    return view


def _notify(state: State, signing: SignPlan, event: str, summary: str) -> None:
    variant = "partner" if signing["sub_mchid"] else "direct"
    content = listed_for(event, shown(state, signing), variant)
    state.outbox.post(
        signing["notify_url"], event, content, summary=summary, original_type="payscore"
    )
