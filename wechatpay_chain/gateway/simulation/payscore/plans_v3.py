"""Operations for plans, of merchants, and of service providers for their sub-merchants.

Sources: https://pay.weixin.qq.com/docs/partner/products/partner-payscore-plan/apilist.html,
https://pay.weixin.qq.com/docs/merchant/apis/payscore-plan/service-order/create-service-order.html
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..listing import listed
from ..registry import operation
from . import plans
from . import records as orders
from .charges import check_time_range
from .views import shown

__all__ = ["serve"]

PLANS, SIGN_PLANS = "v3/payscore/plan", "v3/payscore/sign-plan"


def _sub_merchant(call: Call) -> str:
    """Return the sub-merchant in a request; empty if there is none."""
    return str(call.data.get("sub_mchid") or call.query.get("sub_mchid") or "")


def _register(partner: str) -> None:
    base = f"{PLANS}/{partner}payscore-plans"
    one = f"{base}/merchant-plan-no/{{merchant_plan_no}}"

    @operation("POST", base)
    def create(call: Call) -> dict[str, Any]:
        content, data = checks.accepted(call), call.data
        number = checks.number(data["merchant_plan_no"], "/merchant_plan_no", longest=32)
        call.text("plan_name", 20)
        plan = plans.create(call.state, number, content, data)
        return listed(call, plans.shown_plan(call.state, plan))

    @operation("GET", one)
    def query(call: Call) -> dict[str, Any]:
        return listed(call, plans.shown_plan(call.state, _plan(call)))

    @operation("POST", f"{one}/stop")
    def stop(call: Call) -> dict[str, Any]:
        return listed(call, plans.shown_plan(call.state, plans.stop(call.state, _plan(call))))

    _register_signing(f"{SIGN_PLANS}/{partner}user-sign-plans")
    operation("POST", f"{SIGN_PLANS}/{partner}serviceorder")(serve)


def _plan(call: Call) -> plans.Plan:
    checks.accepted(call)
    return plans.existing_plan(call.state, call.params["merchant_plan_no"], _sub_merchant(call))


def _register_signing(base: str) -> None:
    one = f"{base}/merchant-sign-plan-no/{{merchant_sign_plan_no}}"

    @operation("POST", base)
    def ask(call: Call) -> dict[str, Any]:
        content, data = checks.accepted(call), call.data
        number = data["merchant_sign_plan_no"]
        checks.number(number, "/merchant_sign_plan_no", longest=32)
        checks.callback(data["notify_url"], "/notify_url")
        signing = plans.ask(call.state, number, content, data)
        return {"sign_plan": plans.shown(call.state, signing), "package": signing["package"]}

    @operation("GET", one)
    def query(call: Call) -> dict[str, Any]:
        return listed(call, plans.shown(call.state, _signing(call)))

    @operation("POST", f"{one}/stop")
    def stop(call: Call) -> dict[str, Any]:
        signing, reason = _signing(call), call.text("stop_reason", 50)
        ended = plans.cancel(call.state, signing, "MERCHANT", reason)
        return listed(call, plans.shown(call.state, ended))


def _signing(call: Call) -> plans.SignPlan:
    checks.accepted(call)
    return plans.existing(call.state, call.params["merchant_sign_plan_no"], _sub_merchant(call))


def serve(call: Call) -> dict[str, Any]:
    """Start a service of a plan; its service order is confirmed by the signing of the plan."""
    content, data, state = checks.accepted(call), call.data, call.state
    number = checks.number(data["out_trade_no"], "/out_trade_no", longest=32)
    call.text("service_introduction", 20)
    check_time_range(data["time_range"])
    checks.address(data["notify_url"], "/notify_url")
    known = orders.find(state, number)
    signing = plans.of_id(state, data["sign_plan_id"], _sub_merchant(call))
    if known is None:
        detail = plans.next_detail(state, signing, data["plan_detail_no"])
        if number != detail["merchant_plan_detail_no"]:
            issue = "must be the merchant_plan_detail_no of the service"
            raise Rejection.parameter("/out_trade_no", number, issue)
        data = {**data, **_charged(detail)}
    given = {**data, "openid": signing["openid"], "sub_openid": signing["sub_openid"]}
    order = orders.create(state, number, content, given, confirmed=True)
    return listed(call, shown(state, order))


def _charged(detail: dict[str, Any]) -> dict[str, Any]:
    """Return the charges of a service in a plan, for its order."""
    original, actual = detail["original_price"], detail["actual_price"]
    saved = detail.get("plan_discount_description") or "计划优惠"
    discounts = [{"name": saved[:20], "description": saved[:30], "amount": original - actual}]
    return {
        "post_payments": [{"name": detail["plan_detail_name"][:20], "amount": original}],
        "post_discounts": discounts if original > actual else [],
        "risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": actual},
    }


_register("")
_register("partner/")
